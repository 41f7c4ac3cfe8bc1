import type { Clock } from '../../platform/clock/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { AccessFacts, SignIns } from '../../stores/metadata/index.ts'
import type { Origin } from '../access/index.ts'
import type { MappedSource, Principal, SignInObserver, SignOnSource } from '../identity/index.ts'
import type { Quota } from '../limits/index.ts'
import type { Kept } from './kept.ts'

/** A provider where people sign on, and what they become here. */
export interface SignOnPlace {
  /** What people read. */
  readonly title: string
  readonly source: SignOnSource
  readonly rules: MappedSource['rules']
}

/** The personal token that somebody asks for. */
export interface TokenWish {
  readonly name: string
  readonly lifetimeDays: number
}

/** Shown once: the secret is nowhere else. */
export interface GivenToken {
  readonly id: string
  readonly secret: Secret
  /** Whose it is. */
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Makes a token, if whoever signed on may have one. @throws DENIED, INVALID. */
export type IssueToken = (principal: Principal, origin: Origin, wish: TokenWish) => Promise<GivenToken>

export interface SignOns {
  readonly places: readonly SignOnPlace[]
  readonly kept: Kept
  readonly signIns: Pick<SignIns, 'external' | 'exclude'>
  readonly accounts: Pick<AccessFacts, 'account'>
  readonly issueToken: IssueToken
  /** How often a device may ask whether it was confirmed: each time the provider is asked. */
  readonly polls: Quota
  /** Is told why a provider could not be asked. */
  readonly complain: (source: string, error: unknown) => void
  readonly clock: Clock
}

/** Where a request came from, and who keeps a record of it. */
export interface Attempt {
  readonly origin: Origin
  readonly observe: SignInObserver
}
