import type { Digest } from '../../oci/index.ts'

/**
 * What was deleted and can be restored. Times are milliseconds since the epoch.
 *
 *   trash ── trash_references ─► blobs, and manifests that are there or in the trash too
 *
 * No list and no pull sees it. Garbage collection takes nothing that it holds.
 */
export interface TrashSchema {
  trash: {
    /** A UUID of version 7: in the order in which things were deleted. */
    id: string
    repository_id: number
    kind: TrashKind
    /** The manifest, or where the tag pointed. */
    digest: Digest
    /** JSON array of the tags that went with it. */
    tags: string
    /** JSON array of `{key, value, set_at}`, those that people set on the manifest; null for a tag. */
    labels: string | null
    /** From here on: of the manifest, as its row was; null for a tag. */
    media_type: string | null
    artifact_type: string | null
    subject: Digest | null
    annotations: string | null
    size_bytes: number | null
    pushed_at: number | null
    state: 'stored' | 'damaged' | null
    bytes: Uint8Array | null
    /** What one request or one run of a rule deleted has the same. */
    deletion: string
    deleted_at: number
    expires_at: number
    deleted_by: string
    /** The rule that decided it; null when a person did. */
    rule: string | null
  }
  trash_references: {
    trash_id: string
    target: Digest
    kind: 'blob' | 'manifest'
    repository_id: number
    /** The repository had it when it was deleted: only that is kept, and only that comes back. 1 or 0. */
    is_held: number
  }
}

export type TrashKind = 'tag' | 'manifest'
