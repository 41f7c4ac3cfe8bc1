import type { Generated } from 'kysely'
import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'

/** What names pointed to before. Times are milliseconds since the epoch. */
export interface NamesSchema {
  /** Where tags pointed, from `at` until `ended_at`; written by tag-changes.ts and by nobody else. */
  tag_history: {
    id: Generated<number>
    repository_id: number
    tag: Tag
    /** Null: from then on there was no such tag. */
    digest: Digest | null
    /** Which change of this tag it was, from 1 on. */
    number: number
    at: number
    /** When it ended to be so: null while it is; of a deletion the moment itself. */
    ended_at: number | null
    kind: TagChangeKind
    /** The name of whoever did it; null when nobody wrote it down. */
    by: string | null
    /** The rule that decided it; null when a person did. */
    rule: string | null
  }
  /** Names that repositories had. None of them is a repository's name now. */
  redirects: { name: RepositoryName; repository_id: number; created_at: number; created_by: string }
  /** Names that projects had. None of them is a project's name now. */
  project_redirects: { name: string; project_id: number; created_at: number; created_by: string }
}

/**
 * known: it was there when the history began. push: there was no such tag. move: a push took it from another digest.
 * set: it was pointed to what was there already. restore: to what it had pointed to before, or out of the trash.
 */
export type TagChangeKind = 'known' | 'push' | 'move' | 'set' | 'restore' | 'delete'
