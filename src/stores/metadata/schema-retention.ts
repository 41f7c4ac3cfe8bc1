import type { Digest } from '../../oci/index.ts'

/** Retention of projects. Times are milliseconds since the epoch. */
export interface RetentionSchema {
  /** By whoever counts; goes with its manifest. */
  last_pulls: { repository_id: number; digest: Digest; pulled_at: number }
  retention_policies: {
    project_id: number
    /** JSON. */
    document: string
    /** The document's cron expression. */
    schedule: string | null
    /** Null: to be reckoned from now on, as in a registry that was restored. */
    next_run_at: number | null
    updated_at: number
    updated_by: string
  }
  /** At most one of a project has not ended. */
  retention_runs: {
    /** UUIDv7, so that a later one is greater. */
    id: string
    project_id: number
    is_dry_run: 0 | 1
    /** JSON: the policy as it was when the run was asked for. */
    policy: string
    asked_at: number
    asked_by: string
    /** Runs that began; more than one when a process was killed. */
    attempts: number
    started_at: number | null
    /** Who asked for its end. */
    stopped_by: string | null
    ended_at: number | null
    outcome: RetentionOutcome | null
    /** JSON: how far it is, then what it did. */
    counts: string
    error: string | null
  }
  /** What a run decided: JSON lists, each from its `position` on. */
  retention_run_items: { run_id: string; position: number; items: string }
}

/** fuse: it would have deleted too much, and deleted nothing. */
export type RetentionOutcome = 'completed' | 'fuse' | 'stopped' | 'failed'
