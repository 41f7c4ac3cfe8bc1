import type { RangeEvent } from '../advisory.ts'
import type { AffectedHead } from '../stored-record.ts'
import type { Order } from '../versions/index.ts'

/** Whether a version is affected, and if so, where the fault ends. */
export interface Verdict {
  readonly isAffected: boolean
  /** The first version after it without the fault. */
  readonly fixedIn?: string | undefined
}

/** As the OSV specification evaluates a record. */
export function judgeVersion(version: string, { ranges, versions }: AffectedHead, order: Order): Verdict {
  for (const events of ranges) {
    const verdict = inRange(version, events, order)
    if (verdict.isAffected) return verdict
  }
  const isListed = versions.includes(version) || versions.some(listed => order(listed, version) === 0)
  if (!isListed) return { isAffected: false }
  const later = ranges.flatMap(events => events.flatMap(event => ('fixed' in event ? [event.fixed] : [])))
  return { isAffected: true, fixedIn: later.filter(fixed => order(fixed, version) > 0).toSorted(order)[0] }
}

function inRange(version: string, events: readonly RangeEvent[], order: Order): Verdict {
  const limits = events.flatMap(event => ('limit' in event ? [event.limit] : []))
  if (limits.length > 0 && limits.every(limit => order(version, limit) >= 0)) return { isAffected: false }
  const sorted = events
    .filter(event => !('limit' in event))
    .toSorted((a, b) => compareStarts(a, b) ?? order(versionOf(a), versionOf(b)))
  let isAffected = false
  for (const event of sorted) {
    if ('introduced' in event) {
      if (event.introduced === '0' || order(version, event.introduced) >= 0) isAffected = true
    } else if ('fixed' in event) {
      if (order(version, event.fixed) >= 0) isAffected = false
    } else if ('lastAffected' in event && order(version, event.lastAffected) > 0) isAffected = false
  }
  if (!isAffected) return { isAffected }
  const fixed = sorted.find(event => 'fixed' in event && order(event.fixed, version) > 0)
  return { isAffected, fixedIn: fixed && versionOf(fixed) }
}

/** `introduced: 0` comes before every version, whatever the order. */
function compareStarts(a: RangeEvent, b: RangeEvent): number | undefined {
  const [first, second] = [isStart(a), isStart(b)]
  return first || second ? Number(second) - Number(first) : undefined
}

function isStart(event: RangeEvent): boolean {
  return 'introduced' in event && event.introduced === '0'
}

function versionOf(event: RangeEvent): string {
  return Object.values(event)[0] as string
}
