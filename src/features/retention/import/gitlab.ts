import { z } from 'zod'
import { type TagPattern, tagPatternFault } from '../../protection/index.ts'
import type { RetentionRule } from '../policy.ts'
import { parseDocument, requireNone } from './document.ts'
import {
  COUNTS_BY_TAG,
  type ImportedPolicy,
  type ImportPlace,
  type ImportRemark,
  LONGEST_DAYS,
} from './imported-policy.ts'

const CADENCES = {
  '1d': '0 3 * * *',
  '7d': '0 3 * * 0',
  '14d': '0 3 1,15 * *',
  '1month': '0 3 1 * *',
  '3month': '0 3 1 1,4,7,10 *',
} as const

const attributes = z.strictObject({
  cadence: z.enum(['1d', '7d', '14d', '1month', '3month']).nullish(),
  enabled: z.boolean().nullish(),
  keep_n: z.int().min(1).nullish(),
  older_than: z
    .string()
    .regex(/^\d+d$/, 'expected a number of days, such as 14d')
    .nullish(),
  name_regex: z.string().nullish(),
  name_regex_delete: z.string().nullish(),
  name_regex_keep: z.string().nullish(),
  /** GitLab's answers have it. */
  next_run_at: z.string().nullish(),
})

/**
 * A cleanup policy of GitLab: what the projects API takes as `container_expiration_policy_attributes`, or gives as
 * `container_expiration_policy`, with or without that name around it. It decides about tags, and about nothing without.
 * Source: "Reduce container registry storage", GitLab documentation: of the tags but `latest`, that name_regex matches
 * and name_regex_keep does not, in the order of their dates, the newest keep_n stay, and those newer than older_than.
 * @throws INVALID with each fault by its path.
 */
export function importGitlab(document: unknown, { repositories }: ImportPlace): ImportedPolicy {
  const { policy, path } = unwrapped(document)
  const at = (field: string) => (path === '' ? field : `${path}.${field}`)
  const field = policy.name_regex_delete ? 'name_regex_delete' : 'name_regex'
  const regex = policy[field]
  if (!regex) requireNone([{ field: at('name_regex'), message: 'is missing or empty; .* stands for every tag' }])
  const removed = anchored(regex ?? '')
  const kept = policy.name_regex_keep ? anchored(policy.name_regex_keep) : undefined
  requireNone([...fault(at(field), removed), ...(kept ? fault(at('name_regex_keep'), kept) : [])])

  const where = repositories === undefined ? {} : { repositories }
  const spared: readonly TagPattern[] = [{ glob: 'latest' }, ...(kept ? [kept] : [])]
  const rules: readonly RetentionRule[] = [
    { name: 'latest', action: 'keep', select: { ...where, tags: [{ glob: 'latest' }] }, when: {} },
    ...(kept
      ? [{ name: 'keep tags matching', action: 'keep', select: { ...where, tags: [kept] }, when: {} } as const]
      : []),
    {
      name: 'remove tags matching',
      action: 'delete',
      select: { ...where, state: 'tagged', tags: [removed], exceptTags: spared },
      when: {
        ...(policy.keep_n ? { beyondNewest: { count: policy.keep_n, by: 'push' } } : {}),
        ...(policy.older_than
          ? { pushed: { atLeastDays: Math.min(Number.parseInt(policy.older_than, 10), LONGEST_DAYS) } }
          : {}),
      },
    },
  ]
  const isDisabled = policy.enabled === false
  const problems: ImportRemark[] = []
  if (isDisabled) problems.push({ path: at('enabled'), message: 'the policy is switched off: it gets no schedule' })
  else if (policy.cadence === '14d')
    problems.push({
      path: at('cadence'),
      message: 'no cron expression says every two weeks: the 1st and 15th of a month',
    })
  const notes: ImportRemark[] = []
  if (policy.keep_n) notes.push({ path: at('keep_n'), message: `counts images, not tags; ${COUNTS_BY_TAG}` })
  const schedule = isDisabled || !policy.cadence ? undefined : CADENCES[policy.cadence]
  return { rules, ...(schedule ? { schedule } : {}), problems, notes }
}

function unwrapped(document: unknown) {
  for (const path of ['container_expiration_policy_attributes', 'container_expiration_policy'] as const) {
    if (typeof document !== 'object' || document === null || !(path in document)) continue
    const policy = parseDocument(z.looseObject({ [path]: attributes }), document)[path] as z.output<typeof attributes>
    return { policy, path }
  }
  return { policy: parseDocument(attributes, document), path: '' }
}

function fault(field: string, pattern: TagPattern) {
  const message = tagPatternFault(pattern)
  return message === undefined ? [] : [{ field, message }]
}

/**
 * GitLab writes \A before the expression and \z after it, with nothing around it: of `master|v.*` the one anchor holds
 * for `master` alone, so that it matches `master-2` too. What it keeps there is kept here.
 */
function anchored(regex: string): TagPattern {
  return { regex: hasOuterAlternatives(regex) ? `.*(?:\\A${regex}\\z).*` : regex }
}

function hasOuterAlternatives(regex: string): boolean {
  let depth = 0
  let isClass = false
  for (let at = 0; at < regex.length; at += 1) {
    const character = regex[at]
    if (character === '\\') at += 1
    else if (isClass) isClass = character !== ']'
    else if (character === '[') {
      isClass = true
      if (regex[at + 1] === '^') at += 1
      if (regex[at + 1] === ']') at += 1
    } else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    else if (character === '|' && depth === 0) return true
  }
  return false
}
