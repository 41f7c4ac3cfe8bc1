import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import type { RetentionPolicy } from './policy.ts'

/** What becomes of one image, and why. */
export interface RetentionItem {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly tags: readonly Tag[]
  readonly action: 'keep' | 'delete'
  /** The name of the rule that decided; null where none did. */
  readonly rule: string | null
  readonly because: string
  /** That are freed when it goes, as far as nothing else needs them. */
  readonly bytes: number
}

export interface RetentionReport {
  /** fuse: it would have deleted too large a share, and deleted nothing. */
  readonly outcome: 'completed' | 'fuse' | 'stopped'
  readonly kept: number
  readonly deleted: number
  readonly freedBytes: number
}

export interface RetentionTask {
  readonly project: string
  readonly policy: RetentionPolicy
  /** The name of who wanted it. */
  readonly by: string
}

/** Decides about every image of a project, tells of each, and deletes unless it is a dry run. */
export type RunRetention = (
  task: RetentionTask,
  options: {
    readonly isDryRun: boolean
    readonly onItem: (item: RetentionItem) => void | Promise<void>
    readonly signal: AbortSignal
  },
) => Promise<RetentionReport>
