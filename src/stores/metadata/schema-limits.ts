/** What replicas share to hold limits together. Of this place only: it does not move with the registry. */
export interface LimitsSchema {
  /** How much of a limit was handed out to replicas in the window that goes on. */
  rate_windows: {
    /** What is limited, and whom: `pulls by address 192.0.2.7`. */
    bucket: string
    started_at: number
    ends_at: number
    /** Handed out, spent or not. */
    granted: number
  }
  /** Attempts to sign in that failed, by what they have in common. */
  sign_in_records: {
    /** Hashed: what is typed as a name may be a password. */
    subject: string
    failures: number
    /** The last one; 0 when there was none. */
    failed_at: number
    blocked_until: number
    succeeded_at: number | null
    /** When it says nothing any more. */
    forgotten_at: number
  }
}
