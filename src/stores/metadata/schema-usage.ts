/** What projects and the registry take up, and may. Project 0 is the registry as a whole. */
export interface UsageSchema {
  /**
   * Kept by the database itself, in the transaction of every change (migrations/0011-usage.ts). What is used is the sum
   * of all shards; each alone means nothing and may be below zero.
   */
  usage: Used & { project_id: number; shard: number }
  quotas: {
    project_id: number
    kind: UsageKind
    /** What goes beyond is refused. */
    hard_limit: number | null
    /** What goes beyond is warned of. */
    soft_limit: number | null
    /** Which limit the audit log was last told of, so that it is told once. */
    passed: QuotaPassed
  }
  /** One row whenever it had changed by the time it was looked at. Milliseconds since the epoch. */
  usage_history: Used & { project_id: number; at: number }
}

export interface Used {
  /** Of blobs, each once, and of manifests. */
  bytes: number
  repositories: number
  tags: number
  manifests: number
}

export type UsageKind = keyof Used
export type QuotaPassed = 'nothing' | 'soft' | 'hard'
