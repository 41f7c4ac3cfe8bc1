import type { Clock } from '../../platform/clock/index.ts'
import type { BlobStore, UploadStore } from '../../stores/blobs/index.ts'
import type {
  Collection,
  CondemnedObjects,
  NominatedCandidate,
  StaleUploads,
  TrashExpiries,
} from '../../stores/metadata/index.ts'

export interface GarbageCollection {
  readonly collection: Collection
  readonly trash: TrashExpiries
  readonly condemned: CondemnedObjects
  readonly staleUploads: StaleUploads
  readonly blobs: BlobStore
  readonly uploads: UploadStore
  readonly clock: Clock
  /** How long a claim on an upload holds; afterwards the next run may try again what this one did not end. */
  readonly claimMs: number
  readonly instance: string
}

export interface CollectRules {
  /** How long something unreferenced is kept: a client may be about to push the manifest that needs it. */
  readonly graceMs: number
  /** How long an upload may rest. */
  readonly uploadMs: number
  /** What becomes of manifests without a tag that no index names. */
  readonly untagged: 'keep' | 'delete'
  /** Between taking a blob out of reach and removing its bytes, for downloads that begin at that moment. */
  readonly removalDelayMs: number
}

export interface CollectOptions {
  readonly dryRun: boolean
  /** Candidates looked at so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void
  /** Called, in a dry run too, for each thing that goes. */
  readonly onRemoved?: (candidate: NominatedCandidate) => void
  /** Ends the run between two batches; the next run goes on where it stopped. */
  readonly signal?: AbortSignal
}

export interface CollectReport {
  readonly dryRun: boolean
  /** Candidates that turned out to be needed. */
  readonly kept: number
  /** Entries of the trash whose time had come; what they held is a candidate from now on. */
  readonly trash: number
  readonly manifests: number
  /** Blobs taken out of a repository. */
  readonly blobLinks: number
  readonly uploads: number
  /** Stored objects removed; in a dry run: that would be. */
  readonly objects: number
  readonly freedBytes: number
}
