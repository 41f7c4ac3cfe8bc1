import type { FieldFault } from '../access/index.ts'
import { type TagPattern, tagPatternFault } from '../protection/index.ts'
import type { Age, Conditions, RetentionPolicy, RetentionRule, Selection } from './policy.ts'
import { scheduleFault } from './schedule.ts'

export const MOST_RULES = 100
export const DEFAULT_FUSE_PERCENT = 25

/** What is wrong with a policy of that project, beyond its shape; each fault names its path. */
export function policyFaults(project: string, policy: RetentionPolicy, now: number): readonly FieldFault[] {
  const { rules, schedule } = policy
  const faults: FieldFault[] = []
  if (rules.length > MOST_RULES)
    faults.push({ field: 'rules', message: `there are ${rules.length} of them; ${MOST_RULES} is the most` })
  const cron = schedule === undefined ? undefined : scheduleFault(schedule, now)
  if (cron !== undefined) faults.push({ field: 'schedule', message: cron })
  const names = new Set<string>()
  for (const [at, rule] of rules.slice(0, MOST_RULES).entries()) {
    if (names.has(rule.name))
      faults.push({ field: `rules.${at}.name`, message: `there is a rule "${rule.name}" before it` })
    names.add(rule.name)
    faults.push(...ruleFaults(project, rule).map(fault => ({ ...fault, field: `rules.${at}.${fault.field}` })))
  }
  return faults
}

function ruleFaults(project: string, { select, when }: RetentionRule): readonly FieldFault[] {
  return [...selectionFaults(project, select), ...conditionFaults(when)]
}

const TAG_LISTS = ['tags', 'exceptTags', 'imageHasTags', 'imageHasTagsExcept'] as const

function selectionFaults(project: string, select: Selection): readonly FieldFault[] {
  const faults: FieldFault[] = []
  for (const list of ['repositories', 'exceptRepositories'] as const) {
    for (const [at, glob] of (select[list] ?? []).entries()) {
      if (glob === '**' || glob === project || glob.startsWith(`${project}/`)) continue
      const message = `expected "**" or a pattern that begins with ${project}/, such as ${project}/web/*`
      faults.push({ field: `select.${list}.${at}`, message })
    }
  }
  for (const list of TAG_LISTS) {
    const patterns: readonly TagPattern[] = (select as Partial<Record<string, readonly TagPattern[]>>)[list] ?? []
    for (const [at, pattern] of patterns.entries()) {
      const fault = tagPatternFault(pattern)
      if (fault !== undefined) faults.push({ field: `select.${list}.${at}`, message: fault })
    }
  }
  if (select.state === 'untagged' && select.tags)
    faults.push({ field: 'select.tags', message: 'an image without a tag matches none: leave out tags, or state' })
  return faults
}

function conditionFaults({ pushed, pulled }: Conditions): readonly FieldFault[] {
  return [...ageFaults('when.pushed', pushed), ...ageFaults('when.pulled', pulled)]
}

function ageFaults(field: string, age: Age | undefined): readonly FieldFault[] {
  if (!age) return []
  const { atLeastDays, atMostDays } = age
  if (atLeastDays === undefined && atMostDays === undefined)
    return [{ field, message: 'expected atLeastDays, atMostDays or both' }]
  if (atLeastDays !== undefined && atMostDays !== undefined && atLeastDays > atMostDays)
    return [{ field, message: `nothing is at least ${atLeastDays} and at most ${atMostDays} days old` }]
  return []
}
