import type { RetentionRule, Selection } from '../policy.ts'
import { parseDocument } from './document.ts'
import { type EcrRule, type EcrSelection, ecrDocument, requireEcrOrder, storageClassOf } from './ecr-document.ts'
import {
  COUNTS_BY_TAG,
  type ImportedPolicy,
  type ImportPlace,
  type ImportRemark,
  LONGEST_DAYS,
  ruleName,
} from './imported-policy.ts'

interface Numbered {
  readonly rule: EcrRule
  readonly path: string
}

/**
 * A lifecycle policy of Amazon ECR, as `put-lifecycle-policy` takes it or `get-lifecycle-policy` gives it. Each rule
 * selects whole images (its patterns must each match one of the image's tags) and holds later rules off them, so each
 * becomes an exclusive rule. Nothing here is archived: a rule that archives takes nothing, unless another one expires
 * what it archived; the two are then one rule, after the days of both.
 * @throws INVALID with each fault by its path.
 */
export function importEcr(document: unknown, { repositories }: ImportPlace): ImportedPolicy {
  const { rules } = parseDocument(ecrDocument, policyText(document))
  requireEcrOrder(rules)
  const ordered = rules
    .map((rule, index): Numbered => ({ rule, path: `rules.${index}` }))
    .toSorted((left, right) => left.rule.rulePriority - right.rule.rulePriority)
  const standard = ordered.filter(({ rule }) => storageClassOf(rule) === 'standard')
  const { expiryOf, problems } = pairArchived(
    standard,
    ordered.filter(({ rule }) => storageClassOf(rule) === 'archive'),
  )
  const taken = new Set<string>()
  const notes: ImportRemark[] = []
  if (repositories === undefined)
    notes.push({ path: '', message: 'in ECR a policy is for one repository; here it holds in each one of the project' })
  const imported = standard.map((numbered): RetentionRule => {
    const { rule, path } = numbered
    const select = selectionOf(rule.selection, repositories)
    const name = ruleName(`rule ${rule.rulePriority}${rule.description ? `: ${rule.description}` : ''}`, taken)
    const made = { name, action: 'delete', select, isExclusive: true } as const
    const expiry = expiryOf.get(numbered)
    if (rule.action.type === 'transition' && !expiry) {
      problems.push({
        path: `${path}.action`,
        message: 'nothing is archived here: the rule takes nothing, and holds the later ones off what it selects',
      })
      // Takes nothing, and holds later rules off what it selects.
      return { ...made, when: { pushed: { atLeastDays: LONGEST_DAYS } } }
    }
    const { countType, countNumber } = rule.selection
    if (expiry)
      notes.push({
        path: `${path}.action`,
        message: `nothing is archived here: deleted after ${countNumber} and ${expiry.selection.countNumber} days`,
      })
    if (countType === 'imageCountMoreThan') notes.push({ path: `${path}.selection.countType`, message: COUNTS_BY_TAG })
    const days = { atLeastDays: Math.min(countNumber + (expiry?.selection.countNumber ?? 0), LONGEST_DAYS) }
    if (countType === 'sinceImagePulled') return { ...made, when: { pulled: days } }
    if (countType === 'sinceImagePushed') return { ...made, when: { pushed: days } }
    return { ...made, when: { beyondNewest: { count: countNumber, by: 'push' } } }
  })
  return { rules: imported, problems, notes }
}

/** `get-lifecycle-policy` gives the document as text within its answer. */
function policyText(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || !('lifecyclePolicyText' in document)) return document
  const text = document.lifecyclePolicyText
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Several patterns in a list are ANDed: each must match a tag of the image. */
function selectionOf(selection: EcrSelection, repositories: ImportPlace['repositories']): Selection {
  const where = repositories === undefined ? {} : { repositories }
  if (selection.tagStatus === 'any') return where
  if (selection.tagStatus === 'untagged') return { ...where, state: 'untagged' }
  return { ...where, state: 'tagged', imageHasTags: patternsOf(selection).map(glob => ({ glob })) }
}

function patternsOf({ tagPatternList, tagPrefixList }: EcrSelection): readonly string[] {
  return tagPatternList?.length ? tagPatternList : (tagPrefixList ?? []).map(prefix => `${prefix}*`)
}

/**
 * Which rule archives what a rule for archived images expires: the one of the same selection. Only by age, because when
 * an image left the newest so many is not known; and in the same order, because a rule for archived images holds later
 * ones off what it selects.
 */
function pairArchived(standard: readonly Numbered[], archived: readonly Numbered[]) {
  const expiryOf = new Map<Numbered, EcrRule>()
  const problems: ImportRemark[] = []
  let from = 0
  for (const [index, { rule, path }] of archived.entries()) {
    const at = standard.findIndex(
      ({ rule: candidate }, position) =>
        position >= from &&
        candidate.action.type === 'transition' &&
        candidate.selection.countType !== 'imageCountMoreThan' &&
        sameImages(candidate.selection, rule.selection),
    )
    const paired = standard[at]
    if (!paired) {
      const message = 'nothing is archived here, and no rule before archives just these images by their age: left out'
      problems.push({ path, message }, ...archived.slice(index + 1).map(({ path }) => ({ path, message })))
      break
    }
    expiryOf.set(paired, rule)
    from = at + 1
  }
  return { expiryOf, problems }
}

function sameImages(left: EcrSelection, right: EcrSelection): boolean {
  const key = (selection: EcrSelection) => [selection.tagStatus, ...patternsOf(selection).toSorted()].join(' ')
  return key(left) === key(right)
}
