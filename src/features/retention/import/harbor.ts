import type { Conditions, RetentionRule, Selection } from '../policy.ts'
import { parseDocument } from './document.ts'
import {
  type HarborRule,
  harborDocument,
  isTemplate,
  parameterOf,
  requireParameters,
  TEMPLATES,
} from './harbor-document.ts'
import { scopeOf, tagsOf } from './harbor-selectors.ts'
import {
  COUNTS_BY_TAG,
  type ImportedPolicy,
  type ImportPlace,
  type ImportRemark,
  LONGEST_DAYS,
  ruleName,
} from './imported-policy.ts'

const PULLED_WHEN_SET = 'here an image counts as pulled when a tag is set on it, so that a new one takes a place too'

/**
 * Retention of a Harbor project, as its API gives it. Harbor's rules say what stays, whole images with all of their
 * tags; everything else in a repository that a rule is for goes. So each rule keeps here, and for each set of
 * repositories one more rule deletes. What cannot be said is kept, never deleted.
 * Source: "Create Tag Retention Rules", Harbor documentation.
 * @throws INVALID with each fault by its path.
 */
export function importHarbor(document: unknown, place: ImportPlace): ImportedPolicy {
  const { rules, trigger } = parseDocument(harborDocument, document)
  requireParameters(rules)
  const imported: Imported = { taken: new Set(), keeps: [], deletions: new Map(), problems: [], notes: [] }
  for (const [index, rule] of rules.entries()) {
    const path = `rules.${index}`
    if (rule.disabled)
      imported.problems.push({ path: `${path}.disabled`, message: 'the rule is switched off: left out' })
    else importRule(rule, path, place, imported)
  }
  const { keeps, deletions, problems, notes } = imported
  const schedule = scheduleOf(trigger?.settings?.cron, problems)
  return { rules: [...keeps, ...deletions.values()], ...(schedule ? { schedule } : {}), problems, notes }
}

interface Imported {
  readonly taken: Set<string>
  readonly keeps: RetentionRule[]
  /** By the repositories that they are for. */
  readonly deletions: Map<string, RetentionRule>
  readonly problems: ImportRemark[]
  readonly notes: ImportRemark[]
}

function importRule(rule: HarborRule, path: string, place: ImportPlace, imported: Imported): void {
  const { taken, deletions, problems, notes } = imported
  const { atLeast, atMost } = scopeOf(rule.scope_selectors.repository, place)
  const repositories = rule.scope_selectors.repository.map(patternOf).join(', ')
  const keep = (select: Selection, when: Conditions) => {
    const tags = rule.tag_selectors.map(patternOf).join(', ')
    const name = ruleName(`retain ${rule.template} ${tags} in ${repositories}`, taken)
    imported.keeps.push({ name, action: 'keep', select: { ...atLeast, ...select }, when })
  }
  const key = JSON.stringify(atMost)
  if (!atMost) {
    const message = 'cannot be said here: the rule keeps in every repository, and nothing is deleted for it'
    problems.push({ path: `${path}.scope_selectors.repository`, message })
  } else if (!deletions.has(key)) {
    const name = ruleName(`not retained in ${repositories}`, taken)
    deletions.set(key, { name, action: 'delete', select: atMost, when: {} })
  }
  const tags = tagsOf(rule.tag_selectors)
  if (!isTemplate(rule.template) || !tags.isExact) {
    const message = 'cannot be said here: everything that the rule may be about is kept'
    problems.push({ path: `${path}.${tags.isExact ? 'template' : 'tag_selectors'}`, message })
    for (const select of tags.selections) keep(select, {})
    return
  }
  const isCount = TEMPLATES[rule.template] === 'count'
  if (isCount) notes.push({ path: `${path}.template`, message: COUNTS_BY_TAG })
  if (rule.template === 'latestPulledN') notes.push({ path: `${path}.template`, message: PULLED_WHEN_SET })
  if (isCount && tags.selections.length > 1)
    notes.push({ path: `${path}.tag_selectors`, message: 'images without tags are counted for themselves here' })
  const when = keptWhen(rule)
  if (when) for (const select of tags.selections) keep(select, when)
}

/** Undefined when the rule retains nothing. What `pulled` means here, the later of pull and push, Harbor calls active. */
function keptWhen(rule: HarborRule): Conditions | undefined {
  if (rule.template === 'always') return {}
  const count = parameterOf(rule)
  if (count === 0) return undefined
  const days = { atMostDays: Math.min(count, LONGEST_DAYS) }
  switch (rule.template) {
    case 'latestPushedK':
      return { newest: { count, by: 'push' } }
    case 'latestPulledN':
    case 'latestActiveK':
      return { newest: { count, by: 'pull' } }
    case 'nDaysSinceLastPush':
      return { pushed: days }
    default:
      return { pulled: days }
  }
}

/** Harbor's expressions begin with seconds. */
function scheduleOf(cron: string | undefined, problems: ImportRemark[]): string | undefined {
  if (cron === undefined || cron.trim() === '') return undefined
  const path = 'trigger.settings.cron'
  const [seconds, ...others] = cron.trim().replaceAll('?', '*').split(/\s+/)
  if (others.length !== 5) {
    problems.push({ path, message: 'expected six fields, the first for seconds: left out' })
    return undefined
  }
  if (seconds !== '0') problems.push({ path, message: 'seconds are left out: at the whole minute' })
  return others.join(' ')
}

function patternOf({ decoration, pattern }: { readonly decoration: string; readonly pattern: string }): string {
  return `${decoration.toLowerCase().endsWith('excludes') ? 'all but ' : ''}${pattern === '' ? '**' : pattern}`
}
