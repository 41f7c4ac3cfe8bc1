/** So many in a window of that length; the window begins with the first. */
export interface RateLimit {
  readonly count: number
  readonly windowSeconds: number
}

/** The limits there are, named as their settings (`rates.…`). */
export type LimitName = 'anonymousPulls' | 'identityPulls' | 'addressPulls' | 'projectPulls' | 'pushes'

/** Each may be absent: then there is no such limit. */
export type RateLimits = Readonly<Partial<Record<LimitName, RateLimit | undefined>>>

/** Whose request it is, and what it is for. */
export interface Asker {
  /** Unique and stable; undefined for the anonymous. */
  readonly identity: string | undefined
  /** Of the client, behind trusted proxies. */
  readonly address: string
  readonly project?: { readonly name: string; readonly pulls?: RateLimit | undefined } | undefined
}

/** One limit as it stands for somebody. */
export interface LimitState {
  readonly which: LimitName
  /** Whom it counts: an address or an IPv6 /64, an identity, a project. */
  readonly source: string
  readonly limit: number
  readonly windowSeconds: number
  readonly remaining: number
  /** Until the window ends; 0 when none has begun. */
  readonly resetsAfterSeconds: number
}

/** The limit that was met or, when none was, the one that is nearest to it. */
export interface LimitVerdict extends LimitState {
  readonly allowed: boolean
  /** 0 when it is allowed. */
  readonly retryAfterSeconds: number
}
