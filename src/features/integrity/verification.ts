import type { Clock } from '../../platform/clock/index.ts'
import type { BlobStore, QuarantineStore } from '../../stores/blobs/index.ts'
import type { DamageRecords, Dangling, Inventory } from '../../stores/metadata/index.ts'
import type { Finding } from './finding.ts'

export interface Verification {
  readonly inventory: Inventory
  readonly dangling: Dangling
  readonly damage: DamageRecords
  readonly blobs: BlobStore & QuarantineStore
  readonly clock: Clock
}

export interface VerifyOptions {
  /** Read every stored byte again; without it only sizes are compared. */
  readonly content: boolean
  /** May manifests name what their repository does not have? Then that is no finding. */
  readonly sparseManifests: 'refuse' | 'allow'
  /** Objects younger than this may belong to a push that is about to end. */
  readonly safetyMs: number
  readonly onFinding: (finding: Finding) => void
  /** Bytes of content looked at so far, of how many; blobs when content is not read. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface VerifyReport {
  readonly blobs: number
  readonly bytes: number
  readonly manifests: number
  readonly objects: number
  readonly findings: number
}
