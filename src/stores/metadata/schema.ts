import type { ColumnType, Generated } from 'kysely'
import type { Digest, DigestAlgorithm, RepositoryName, Tag } from '../../oci/index.ts'
import type { AdvisoriesSchema } from './schema-advisories.ts'
import type { AuditSchema } from './schema-audit.ts'
import type { DetailsSchema } from './schema-details.ts'
import type { IdentitySchema } from './schema-identity.ts'
import type { InventoriesSchema } from './schema-inventories.ts'
import type { LimitsSchema } from './schema-limits.ts'
import type { NamesSchema } from './schema-names.ts'
import type { ProtectionSchema } from './schema-protection.ts'

import type { RetentionSchema } from './schema-retention.ts'
import type { ScannersSchema } from './schema-scanners.ts'
import type { SourcesSchema } from './schema-sources.ts'
import type { TrashSchema } from './schema-trash.ts'
import type { UsageSchema } from './schema-usage.ts'
import type { VulnerabilityPoliciesSchema } from './schema-vulnerability-policies.ts'

/**
 * What Berth knows, apart from the bytes of blobs. Times are milliseconds since the epoch, sizes bytes.
 *
 *   repositories ─┬─ tags ──────────────► manifests (repository, digest)
 *                 ├─ manifests ──┬─ manifest_references ─► blobs or manifests of the same repository
 *                 │              └─ subject (may point at nothing yet)
 *                 ├─ repository_blobs ──► blobs ──► one stored object (storage_key)
 *                 └─ uploads
 *
 * A blob can be seen in a repository when, and only when, a row of repository_blobs joins a row of blobs whose
 * state is "stored". HEAD, GET, mount and the manifest check all ask that one question (blob-links.ts).
 */
export interface Schema
  extends IdentitySchema,
    AuditSchema,
    LimitsSchema,
    SourcesSchema,
    ProtectionSchema,
    DetailsSchema,
    InventoriesSchema,
    RetentionSchema,
    NamesSchema,
    UsageSchema,
    TrashSchema,
    VulnerabilityPoliciesSchema,
    ScannersSchema,
    AdvisoriesSchema {
  /** Their project is the first component of their name; whoever does not give it has it filled in, if it is there. */
  repositories: { id: Generated<number>; name: RepositoryName; created_at: number; project_id: ProjectColumn }
  blobs: {
    digest: Digest
    size_bytes: number
    /** Where the bytes lie; never used twice, so that deleting an old object cannot hit a newer one. */
    storage_key: string
    state: BlobState
    created_at: number
  }
  repository_blobs: { repository_id: number; digest: Digest; linked_at: number; project_id: ProjectColumn }
  manifests: {
    id: Generated<number>
    repository_id: number
    digest: Digest
    media_type: string
    artifact_type: string | null
    subject: Digest | null
    /** JSON object of strings. */
    annotations: string | null
    size_bytes: number
    pushed_at: number
    state: ManifestState
    bytes: Uint8Array
    /** When its details were read (image_details); null until then. */
    described_at: number | null
  }
  manifest_references: {
    repository_id: number
    manifest: Digest
    target: Digest
    kind: ReferenceKind
    /** Of the blob; null when it was not there, or the row is older than this column: then the blob tells. */
    size_bytes: number | null
  }
  tags: { repository_id: number; name: Tag; digest: Digest; updated_at: number }
  uploads: {
    id: string
    /** By name: the repository itself begins with its first blob or manifest. */
    repository: RepositoryName
    principal: string
    algorithm: DigestAlgorithm
    /** Set when a request began to finish the upload: names the object that may already lie in the store. */
    digest: Digest | null
    started_at: number
    updated_at: number
    /** Which request writes now; null when none does. */
    claim: string | null
    /** When the claim ends unless it is renewed; null for one that ends with its server. */
    claimed_until: number | null
    /** What an engine of the blob port wrote down about the bytes. */
    progress: string | null
    /** The digest of the first so many bytes, by the upload's algorithm. */
    hashed_bytes: number | null
    hashed_digest: Digest | null
  }
  /** The oldest schema version whose Berth may serve this one; at most the row `one` = 1. */
  compatibility: { one: 1; oldest: string }
  /** Links and manifests that may have become unreferenced: what garbage collection looks at, and all it looks at. */
  collection_candidates: { repository_id: number; digest: Digest; kind: ReferenceKind; since: number }
  /** The storage that the blobs lie in; at most the row `one` = 1. */
  storage: { one: 1; id: string }
  /** Where this registry stands when it is moved; at most the row `one` = 1. */
  relocation: { one: 1; id: string; state: RelocationState; peer: string | null; place: string | null }
  /** Stored objects that no row of blobs names any more; removed from the store, then from here. */
  condemned_objects: { storage_key: string; digest: Digest; size_bytes: number; condemned_at: number; reason: string }
  /** Since when it is recorded who pulls what, in this place; the row `one` = 1. */
  pull_records: { one: 1; since: number }
  /** Work that comes back; who runs it holds the lease and renews it. Times are the database's. */
  recurring_jobs: { name: string; ended_at: number; holder: string | null; lease_until: number }
  /** Work that a change asked for; on SQLite only. */
  jobs: {
    id: Generated<number>
    name: string
    /** JSON. */
    data: string
    state: JobState
    /** Runs that began. */
    attempts: number
    /** When its turn comes; while somebody holds it, when that lease ends. */
    run_at: number
    holder: string | null
    /** Why the last run failed. */
    error: string | null
    finished_at: number | null
  }
}

type ProjectColumn = ColumnType<number | null, number | undefined, number>
export type JobState = 'waiting' | 'completed' | 'failed'
/**
 * receiving: not whole yet, something is copied into it. here: serves. moving: takes no changes for a moment. moved: takes
 * none any more.
 */
export type RelocationState = 'receiving' | 'here' | 'moving' | 'moved'
export type BlobState = 'stored' | 'damaged'
export type ManifestState = 'stored' | 'damaged'
export type ReferenceKind = 'blob' | 'manifest'
