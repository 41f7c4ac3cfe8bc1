import type { Generated } from 'kysely'
import type { Digest } from '../../oci/index.ts'

/** What must stay as it is. Times are milliseconds since the epoch. */
export interface ProtectionSchema {
  immutability_rules: {
    /** In the order in which they were made. */
    id: Generated<number>
    /** Null: of the whole registry. */
    project_id: number | null
    name: string
    /** JSON arrays: globs over whole names of repositories, patterns of tags. */
    repositories: string
    except_repositories: string
    tags: string
    except_tags: string
    /** Since the tag was set; null: for ever. */
    immutable_for_days: number | null
    afterwards: 'retention' | 'everybody'
    created_at: number
    created_by: string
  }
  locks: {
    repository_id: number
    /** Of the image; '' for the repository as a whole. */
    digest: Digest | ''
    kind: 'delete' | 'write'
    reason: string
    locked_by: string
    locked_at: number
  }
}
