import type { Clock } from '../../platform/clock/index.ts'
import type { BlobStore, UploadStore } from '../../stores/blobs/index.ts'
import type {
  BlobLinks,
  Manifests,
  Referrers,
  Repositories,
  Tags,
  UploadCompletion,
  UploadSessions,
} from '../../stores/metadata/index.ts'
import type { PullGate } from './pull-gate.ts'
import type { PushQuotas } from './push-quotas.ts'
import type { UploadHashes } from './uploads/upload-hashes.ts'

/** Every limit in its unit; a request over one is refused with the limit in the message. */
export interface ContentLimits {
  readonly manifestBytes: number
  readonly blobBytes: number
  /** Tags, repositories or referrers in one answer, whatever the client asks for. */
  readonly pageSize: number
}

export interface ContentRules {
  /** May a manifest name blobs or manifests that are not in the repository? */
  readonly sparseManifests: 'refuse' | 'allow'
  /** How long an unreferenced blob is safe from garbage collection. */
  readonly graceMs: number
  /** How long what is deleted can be restored, unless its project says otherwise; 0: not at all. */
  readonly trashMs: number
}

/** What the use cases of this room work with. */
export interface Content {
  readonly repositories: Repositories
  readonly blobLinks: BlobLinks
  readonly manifests: Manifests
  readonly tags: Tags
  readonly referrers: Referrers
  readonly sessions: UploadSessions & UploadCompletion
  readonly blobs: BlobStore
  readonly uploads: UploadStore
  readonly hashes: UploadHashes
  readonly quotas: PushQuotas
  /** Absent: nothing is asked before a pull. */
  readonly gate?: PullGate
  readonly limits: ContentLimits
  readonly rules: ContentRules
  readonly clock: Clock
  /** How long a claim on an upload holds without being renewed; undefined: as long as its server lives. */
  readonly claimLeaseMs: number | undefined
  /** Prefix of this process's claims on upload sessions. */
  readonly instance: string
}
