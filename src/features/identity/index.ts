/** Who is calling. */
export interface Principal {
  /** Unique, and stable for as long as the account is; shown in logs. */
  readonly name: string
}

/** Whoever calls a Berth that serves without authentication. */
export const ANONYMOUS: Principal = { name: 'anonymous' }

/** Berth itself, when nobody asked: scheduled work and administration at the machine. */
export const SYSTEM: Principal = { name: 'system' }
