import { createHash } from 'node:crypto'
import { customerOf } from '../../platform/addresses/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { SignInRecord, SignInRecords } from '../../stores/metadata/index.ts'
import { AttemptsUnderWay } from './attempts-under-way.ts'
import {
  afterFailure,
  failuresOf,
  isKnown,
  KNOWN_MS,
  roomFor,
  type SignInRules,
  type SubjectKind,
} from './sign-in-rules.ts'

export type SignInVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false
      readonly retryAfterSeconds: number
      readonly which: SubjectKind
      readonly reason: string
    }

/**
 * Slows down who guesses passwords. It never asks whether there is such an account, so unknown ones are treated alike,
 * and a refused attempt is refused before its password is looked at, so that it tells nothing about it.
 */
export interface SignInThrottle {
  /**
   * May be tried now? Whoever is told yes says how it ended. May wait, when many try the same at once.
   * @param account as it was typed. @param address of the client, behind trusted proxies. @throws Unavailable.
   */
  before(account: string, address: string): Promise<SignInVerdict>
  failed(account: string, address: string): Promise<void>
  succeeded(account: string, address: string): Promise<void>
  /** It could not be found out: that counts as nothing. */
  abandoned(account: string, address: string): void
}

/** An address that is known is noted anew so often. */
const NOTE_AGAIN_MS = 24 * 3600 * 1000

export function createSignInThrottle(records: SignInRecords, rules: SignInRules, clock: Clock): SignInThrottle {
  const underWay = new AttemptsUnderWay(clock)
  return {
    async before(account, address) {
      const subjects = subjectsOf(account, address)
      const all = Object.values(subjects)
      for (;;) {
        // Before reading: a failure is either written by then or its attempt is still counted.
        const ahead = underWay.begin(all)
        let found: ReadonlyMap<string, SignInRecord>
        try {
          found = await records.find(all)
        } catch (error) {
          underWay.end(all)
          throw error
        }
        const now = clock()
        const counting: readonly SubjectKind[] = isKnown(found.get(subjects.pair), now) ? ['pair'] : KINDS
        const until = (kind: SubjectKind) => found.get(subjects[kind])?.blockedUntil ?? 0
        const blocked = counting.find(kind => until(kind) > now)
        if (blocked) {
          underWay.end(all)
          return refused(blocked, Math.ceil((until(blocked) - now) / 1000))
        }
        const room = (kind: SubjectKind) => roomFor(kind, failuresOf(found.get(subjects[kind]), now, rules), rules)
        const full = counting.find(kind => (ahead.get(subjects[kind]) ?? 0) >= room(kind))
        if (!full) return { allowed: true }
        underWay.withdraw(all)
        if (underWay.count(subjects[full]) < room(full)) continue
        if (!(await underWay.oneEnded(subjects[full]))) return refused(full, 1)
      }
    },
    async failed(account, address) {
      const subjects = subjectsOf(account, address)
      try {
        await records.change(Object.values(subjects), found => {
          const now = clock()
          return KINDS.map(kind => afterFailure(kind, subjects[kind], found.get(subjects[kind]), now, rules))
        })
      } finally {
        underWay.end(Object.values(subjects))
      }
    },
    async succeeded(account, address) {
      const subjects = subjectsOf(account, address)
      try {
        const now = clock()
        const pair = (await records.find([subjects.pair])).get(subjects.pair)
        // A sign-in that changes nothing writes nothing.
        if (pair?.failures === 0 && (pair.succeededAt ?? 0) + NOTE_AGAIN_MS > now) return
        await records.change([subjects.pair], () => [signedIn(subjects.pair, clock())])
      } finally {
        underWay.end(Object.values(subjects))
      }
    },
    abandoned: (account, address) => underWay.end(Object.values(subjectsOf(account, address))),
  }
}

/**
 * One attempt, counted as it ends. @param check gives whether the credentials are right; what it throws counts as
 * nothing. @returns the refusal, or what `check` gave.
 */
export async function attemptSignIn<Result>(
  throttle: SignInThrottle,
  { account, address }: { readonly account: string; readonly address: string },
  check: () => Promise<Result | undefined>,
): Promise<{ readonly verdict: SignInVerdict; readonly result?: Result | undefined }> {
  const verdict = await throttle.before(account, address)
  if (!verdict.allowed) return { verdict }
  let result: Result | undefined
  try {
    result = await check()
  } catch (error) {
    throttle.abandoned(account, address)
    throw error
  }
  await (result === undefined ? throttle.failed(account, address) : throttle.succeeded(account, address))
  return { verdict, result }
}

const KINDS: readonly SubjectKind[] = ['pair', 'address', 'account']

function subjectsOf(account: string, address: string): Readonly<Record<SubjectKind, string>> {
  const name = account.normalize('NFKC').trim().toLowerCase()
  const customer = customerOf(address) ?? 'unknown'
  return {
    pair: hashed('pair', name, customer),
    address: hashed('address', customer),
    account: hashed('account', name),
  }
}

function hashed(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function signedIn(subject: string, now: number): SignInRecord {
  return { subject, failures: 0, failedAt: 0, blockedUntil: 0, succeededAt: now, forgottenAt: now + KNOWN_MS }
}

const WHOM: Readonly<Record<SubjectKind, string>> = {
  pair: 'to this account from this address',
  address: 'from this address',
  account: 'to this account',
}

function refused(which: SubjectKind, retryAfterSeconds: number): SignInVerdict {
  const seconds = `${retryAfterSeconds} second${retryAfterSeconds === 1 ? '' : 's'}`
  const reason = `Too many attempts to sign in ${WHOM[which]} failed. Try again in ${seconds}.`
  return { allowed: false, retryAfterSeconds, which, reason }
}
