export type AuditCategory = 'data read' | 'data write' | 'authentication' | 'administration' | 'system'
export type AuditOutcome = 'success' | 'denied' | 'failure'
export type AuditDetail = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** One thing that somebody did or was refused. Never with a secret in it: what is in `detail` is listed by its writer. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Such as manifest.push, tag.move, authentication.failed, policy.change. */
  readonly type: string
  readonly category: AuditCategory
  readonly outcome: AuditOutcome
  /** Why it was refused or failed, or why it was allowed. */
  readonly reason?: string
  /** Of HTTP. */
  readonly status?: number
  readonly errorCode?: string
  readonly actor: {
    readonly kind: 'user' | 'robot' | 'pipeline' | 'anonymous' | 'system'
    readonly id: string
    readonly name: string
    readonly authenticatedBy?: string
    /** Which token or key, never its secret. */
    readonly credential?: string
    readonly claims?: Readonly<Record<string, string>>
  }
  readonly origin: {
    readonly address?: string
    readonly userAgent?: string
    readonly requestId?: string
    readonly method?: string
    readonly path?: string
  }
  readonly resource: {
    readonly project?: string
    readonly repository?: string
    readonly tag?: string
    readonly digest?: string
    readonly kind?: string
    readonly id?: string
  }
  readonly detail?: AuditDetail
  /** Several alike within a moment, rolled up. */
  readonly count?: number
}

/** An entry in its place in the chain. */
export interface AuditRecord {
  readonly sequence: number
  /** UUIDv7; the same however often it is delivered. */
  readonly id: string
  readonly entry: AuditEntry
  readonly previousHash: string
  /** SHA-256 of the body's UTF-8, hex. */
  readonly hash: string
  /** Canonical JSON (RFC 8785): what the hash is of. */
  readonly body: string
}
