import type { SignInRecord } from '../../stores/metadata/index.ts'

export interface SignInRules {
  /** From so many failures of one account from one address on, each makes the next wait twice as long. */
  readonly slowAfter: number
  /** So many failures of one account from one address lock that pair, and only that. */
  readonly lockAfter: number
  readonly lockSeconds: number
  /** From so many failures of one address on, whatever the accounts, it waits. */
  readonly addressAfter: number
  /** From so many failures of one account on, addresses that never signed in to it wait a little. */
  readonly accountAfter: number
  /** Failures count for so long. */
  readonly forgetSeconds: number
}

/** What attempts are counted by. */
export type SubjectKind = 'pair' | 'address' | 'account'

/** Short, so that somebody who guesses all day cannot keep the owner out. */
const ACCOUNT_LONGEST_SECONDS = 30
/** An address from which somebody signed in to the account belongs to its owner for so long. */
export const KNOWN_MS = 30 * 24 * 3600 * 1000

/** How long to wait after so many failures. */
export function delaySeconds(kind: SubjectKind, failures: number, rules: SignInRules): number {
  if (kind === 'pair' && failures >= rules.lockAfter) return rules.lockSeconds
  const free = { pair: rules.slowAfter, address: rules.addressAfter, account: rules.accountAfter }[kind]
  const longest = kind === 'account' ? Math.min(ACCOUNT_LONGEST_SECONDS, rules.lockSeconds) : rules.lockSeconds
  return failures < free ? 0 : Math.min(longest, 2 ** Math.min(30, failures - free))
}

/** How many attempts may be under way at once: not more than failures would be free of a lock. */
export function roomFor(kind: SubjectKind, failures: number, rules: SignInRules): number {
  const most = { pair: rules.lockAfter, address: rules.addressAfter, account: rules.accountAfter }[kind]
  return Math.max(1, most - failures)
}

/** Failures that still count. */
export function failuresOf(record: SignInRecord | undefined, now: number, rules: SignInRules): number {
  return record && record.failedAt + rules.forgetSeconds * 1000 > now ? record.failures : 0
}

/** Did somebody sign in to the account from there? */
export function isKnown(pair: SignInRecord | undefined, now: number): boolean {
  return pair?.succeededAt !== undefined && pair.succeededAt + KNOWN_MS > now
}

export function afterFailure(
  kind: SubjectKind,
  subject: string,
  found: SignInRecord | undefined,
  now: number,
  rules: SignInRules,
): SignInRecord {
  const failures = failuresOf(found, now, rules) + 1
  const blockedUntil = Math.max(found?.blockedUntil ?? 0, now + delaySeconds(kind, failures, rules) * 1000)
  const succeededAt = found?.succeededAt
  const knownUntil = succeededAt === undefined ? 0 : succeededAt + KNOWN_MS
  const forgottenAt = Math.max(now + rules.forgetSeconds * 1000, blockedUntil, knownUntil)
  return { subject, failures, failedAt: now, blockedUntil, succeededAt, forgottenAt }
}
