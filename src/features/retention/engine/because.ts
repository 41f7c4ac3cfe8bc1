import type { Age, NewestCount, RetentionRule } from '../policy.ts'

export const NO_RULE = 'no rule speaks of it'

const known = new WeakMap<RetentionRule, string>()

/** Why a rule keeps or deletes what it does, in words: what was true of it. */
export function becauseOf(rule: RetentionRule): string {
  const before = known.get(rule)
  if (before !== undefined) return before
  const because = inWords(rule)
  known.set(rule, because)
  return because
}

function inWords({ when }: RetentionRule): string {
  const { newest, beyondNewest, newestMinorLines, pushed, pulled } = when
  const reasons = [
    newest && `among the ${newestOf(newest)}`,
    beyondNewest && `not among the ${newestOf(beyondNewest)}`,
    newestMinorLines && `in one of the newest ${newestMinorLines.count} minor lines${patchesOf(newestMinorLines)}`,
    pushed && `set ${ageOf(pushed)}`,
    pulled && `last used ${ageOf(pulled)}`,
  ].filter(reason => reason !== undefined)
  return reasons.length === 0 ? 'the rule selects it' : reasons.join(', ')
}

function newestOf({ count, by }: NewestCount): string {
  return `newest ${count} by ${by}`
}

function patchesOf({ patches }: { readonly patches?: number | undefined }): string {
  return patches === undefined ? '' : `, in the newest ${patches} releases of it`
}

function ageOf({ atLeastDays, atMostDays }: Age): string {
  const ages = [
    ...(atLeastDays === undefined ? [] : [`at least ${atLeastDays}`]),
    ...(atMostDays === undefined ? [] : [`at most ${atMostDays}`]),
  ]
  return `${ages.join(' and ')} days ago`
}
