import { matchesGlob, type Tag } from '../../oci/index.ts'
import type { Change, ImmutabilityRule, Lock, LockKind, ProtectionFacts, Refusal } from '../../stores/metadata/index.ts'
import { tagMatcher } from './tag-patterns.ts'

const DAY_MS = 24 * 3600 * 1000
/** The last moment that a date can be: what is held longer is held for ever. */
const LATEST = 8.64e15

/**
 * Why the change may not be: what of the repository must stay as it is; undefined when it may. Pure, and the only
 * place where that is decided, for whoever asks: pushes, deletes, imports, retention, restores. Roles count for
 * nothing here. A name is never special.
 */
export function judgeChange(facts: ProtectionFacts, change: Change): Refusal | undefined {
  const lock = lockAgainst(facts.locks, change)
  if (lock) return refusedByLock(facts, lock, change)
  if (change.kind === 'push' || change.kind === 'rename') return undefined
  const tags = change.kind === 'remove manifest' ? change.tags : [change]
  for (const { tag, setAt } of tags) {
    const hold = strictest(holdsOn(facts, { tag, setAt }), change)
    if (hold) return refusedByRule(facts, hold, change, tag)
  }
  return undefined
}

/** A rule that holds a tag, and until when: people and retention apart. Infinity: for ever. */
export interface Hold {
  readonly rule: ImmutabilityRule
  readonly untilForPeople: number
  readonly untilForRetention: number
}

/** The rules that are about the tag, in their order, whether or not their time is over. */
export function holdsOn(
  { repository, rules }: Pick<ProtectionFacts, 'repository' | 'rules'>,
  { tag, setAt }: { readonly tag: Tag; readonly setAt: number },
): readonly Hold[] {
  return rules
    .filter(rule => isAbout(rule, repository, tag))
    .map(rule => {
      const { immutableForDays: days, afterwards } = rule
      const ends = days === undefined ? Number.POSITIVE_INFINITY : setAt + days * DAY_MS
      return {
        rule,
        untilForPeople: afterwards === 'everybody' ? ends : Number.POSITIVE_INFINITY,
        untilForRetention: ends,
      }
    })
}

const tagsOf = new WeakMap<ImmutabilityRule, (tag: string) => boolean>()

export function isAbout(rule: ImmutabilityRule, repository: string, tag: Tag): boolean {
  const isNamed = (globs: readonly string[]) => globs.some(glob => matchesGlob(glob, repository))
  if (rule.repositories.length > 0 && !isNamed(rule.repositories)) return false
  if (isNamed(rule.exceptRepositories)) return false
  let matches = tagsOf.get(rule)
  if (!matches) {
    const [isIn, isOut] = [tagMatcher(rule.tags), tagMatcher(rule.exceptTags)]
    matches = tag => isIn(tag) && !isOut(tag)
    tagsOf.set(rule, matches)
  }
  return matches(tag)
}

interface Held {
  readonly rule: ImmutabilityRule
  readonly until: number
}

/** Of those that hold now, the one that holds longest: telling of another would promise too much. */
function strictest(holds: readonly Hold[], { by, now }: Change): Held | undefined {
  let found: Held | undefined
  for (const { rule, untilForPeople, untilForRetention } of holds) {
    const until = by === 'person' ? untilForPeople : untilForRetention
    if (until > now && (!found || until > found.until)) found = { rule, until }
  }
  return found
}

function lockAgainst(locks: readonly Lock[], change: Change): Lock | undefined {
  const isRemoval = change.kind === 'remove tag' || change.kind === 'remove manifest'
  const kind: LockKind = isRemoval ? 'delete' : 'write'
  return locks.find(lock => {
    if (lock.kind !== kind) return false
    // Something new in the repository leaves its images as they are.
    if (lock.digest === undefined) return true
    return change.kind !== 'push' && change.kind !== 'rename' && lock.digest === change.digest
  })
}

function refusedByLock({ repository }: ProtectionFacts, lock: Lock, change: Change): Refusal {
  const name = lock.digest === undefined ? repository : `${repository}@${lock.digest}`
  const against = { write: 'changes', delete: 'deletion' }[lock.kind]
  const because = `locked against ${against} by ${lock.by} on ${day(lock.at)} (${lock.reason})`
  const held = 'tag' in change && change.tag !== undefined && lock.digest ? `The tag ${change.tag} points to ` : ''
  const subject =
    lock.digest === undefined
      ? `The repository ${name} is`
      : `${held || 'The image '}${name}${held ? ', which is' : ' is'}`
  return {
    because,
    message: `${subject} ${because}. Who manages the project's rules can take the lock away: berth unlock ${name} --kind ${lock.kind}.`,
    lock: lock.kind,
  }
}

function refusedByRule({ repository }: ProtectionFacts, { rule, until }: Held, change: Change, tag: Tag): Refusal {
  const ends = until <= LATEST ? until : undefined
  const source = rule.project === undefined ? 'of the registry' : `of project ${rule.project}`
  const because = `immutable${ends === undefined ? '' : ` until ${instant(ends)}`} by the rule "${rule.name}" ${source}`
  const points = change.kind === 'move' ? ` and points to ${change.digest}` : ''
  const subject =
    change.kind === 'remove manifest'
      ? `${repository}@${change.digest} carries the tag ${tag}, which is ${because}`
      : `The tag ${tag} of ${repository} is ${because}${points}`
  const remedy =
    change.kind === 'move' ? 'Push to another tag' : ends === undefined ? 'It stays' : 'Delete it after that time'
  return {
    because,
    message: `${subject}. ${remedy}; who manages the rules can change the rule (berth immutable).`,
    rule: rule.name,
    tag,
    ...(ends === undefined ? {} : { until: ends }),
  }
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function instant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
