import type { Age, Conditions } from '../policy.ts'
import { type Entries, lastUse, NO, UNKNOWN, YES } from './entries.ts'
import { newestLines } from './minor-lines.ts'
import { AMONG, BEYOND, rankNewest } from './newest.ts'
import type { RuleHere } from './rules-here.ts'

const DAY_MS = 24 * 3600 * 1000

/**
 * What becomes of each entry: 0 when no rule speaks of it, n when the policy's nth rule keeps it, -n when that deletes it.
 * Keep wins, in whatever order the rules stand; of several the first is named.
 */
export function decideRepository(rules: readonly RuleHere[], entries: Entries, now: number): Int16Array {
  const verdicts = new Int16Array(entries.imageOf.length)
  let isShielded: Uint8Array | undefined
  for (const { index, rule } of rules) {
    const selection = entries.selection[index]
    if (!selection) continue
    const conditions = prepare(rule.when, entries, selection, now)
    const speaks = (entry: number, least: number) =>
      (selection[entry] as number) >= least && holds(conditions, entry, selection[entry] as number)
    for (let entry = 0; entry < verdicts.length; entry += 1) {
      const before = verdicts[entry] as number
      if (rule.action === 'keep' && before <= 0 && speaks(entry, UNKNOWN)) verdicts[entry] = index + 1
      if (rule.action === 'delete' && before === 0 && !isShielded?.[entry] && speaks(entry, YES))
        verdicts[entry] = -index - 1
    }
    if (!rule.isExclusive) continue
    // Only for later rules.
    isShielded ??= new Uint8Array(verdicts.length)
    for (let entry = 0; entry < verdicts.length; entry += 1) if (selection[entry] !== NO) isShielded[entry] = 1
  }
  return verdicts
}

interface Prepared {
  readonly ofTime: readonly ((entry: number) => boolean)[]
  /** About a place among others: nothing that is not sure to be selected has one. */
  readonly ofPlace: readonly ((entry: number) => boolean)[]
}

function holds({ ofTime, ofPlace }: Prepared, entry: number, selected: number): boolean {
  return (
    ofTime.every(condition => condition(entry)) &&
    (selected === UNKNOWN || ofPlace.every(condition => condition(entry)))
  )
}

function prepare(when: Conditions, entries: Entries, selection: Uint8Array, now: number): Prepared {
  const { newest, beyondNewest, newestMinorLines, pushed, pulled } = when
  const ofPlace: ((entry: number) => boolean)[] = []
  const rankIs = (rank: number, ranks: Uint8Array) => (entry: number) =>
    ranks[entries.imageOf[entry] as number] === rank
  if (newest) ofPlace.push(rankIs(AMONG, rankNewest(entries, selection, newest)))
  if (beyondNewest) ofPlace.push(rankIs(BEYOND, rankNewest(entries, selection, beyondNewest)))
  if (newestMinorLines) ofPlace.push(newestLines(entries, selection, newestMinorLines))
  const ofTime: ((entry: number) => boolean)[] = []
  if (pushed) ofTime.push(entry => isWithin(pushed, now - (entries.setAt[entry] as number)))
  if (pulled) ofTime.push(entry => isWithin(pulled, now - lastUse(entries, entry)))
  return { ofTime, ofPlace }
}

function isWithin({ atLeastDays, atMostDays }: Age, ageMs: number): boolean {
  if (atLeastDays !== undefined && ageMs < atLeastDays * DAY_MS) return false
  return atMostDays === undefined || ageMs <= atMostDays * DAY_MS
}
