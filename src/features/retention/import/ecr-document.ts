import { z } from 'zod'
import type { FieldFault } from '../../access/index.ts'
import { requireNone } from './document.ts'

const MOST_STARS = 4

const pattern = z
  .string()
  .regex(/^[A-Za-z0-9._*-]+$/, 'expected a pattern of tags, such as prod*')
  .refine(text => text.split('*').length - 1 <= MOST_STARS, `has more than ${MOST_STARS} stars`)
const prefix = z.string().regex(/^[A-Za-z0-9._-]+$/, 'expected the beginning of a tag, such as prod')

const selection = z.strictObject({
  tagStatus: z.enum(['tagged', 'untagged', 'any']),
  tagPatternList: z.array(pattern).optional(),
  tagPrefixList: z.array(prefix).optional(),
  storageClass: z.enum(['standard', 'archive']).optional(),
  countType: z.enum(['imageCountMoreThan', 'sinceImagePushed', 'sinceImagePulled', 'sinceImageTransitioned']),
  countUnit: z.literal('days').optional(),
  countNumber: z.int().min(1),
})

const action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('expire') }),
  z.strictObject({ type: z.literal('transition'), targetStorageClass: z.literal('archive') }),
])

/** Source: Amazon ECR user guide, "Lifecycle policy properties in Amazon ECR". */
export const ecrDocument = z.strictObject({
  rules: z
    .array(z.strictObject({ rulePriority: z.int().min(1), description: z.string().optional(), selection, action }))
    .min(1),
})

export type EcrRule = z.output<typeof ecrDocument>['rules'][number]
export type EcrSelection = EcrRule['selection']

/** @throws INVALID for what one field alone does not tell: ECR refuses such documents too. */
export function requireEcrOrder(rules: readonly EcrRule[]): void {
  requireNone([
    ...rules.flatMap((rule, index) => selectionFaults(rule, `rules.${index}.selection`)),
    ...rules.flatMap((rule, index) => orderFaults(rule, index, rules)),
  ])
}

export function storageClassOf({ selection }: EcrRule): 'standard' | 'archive' {
  return selection.storageClass ?? 'standard'
}

function orderFaults(rule: EcrRule, index: number, rules: readonly EcrRule[]): readonly FieldFault[] {
  const field = `rules.${index}.rulePriority`
  const faults: FieldFault[] = []
  if (rules.findIndex(other => other.rulePriority === rule.rulePriority) !== index)
    faults.push({ field, message: `${rule.rulePriority} is the priority of another rule too` })
  const isBeforeAnother = rules.some(
    other => other.rulePriority > rule.rulePriority && storageClassOf(other) === storageClassOf(rule),
  )
  if (rule.selection.tagStatus === 'any' && isBeforeAnother)
    faults.push({ field, message: 'a rule for any image must have the highest number, so that it comes last' })
  return faults
}

function selectionFaults({ selection, action }: EcrRule, path: string): readonly FieldFault[] {
  const { tagStatus, tagPatternList, tagPrefixList, countType, countUnit, storageClass } = selection
  const lists = [tagPatternList, tagPrefixList].filter(list => list !== undefined && list.length > 0).length
  const isArchive = countType === 'sinceImageTransitioned'
  const faults: (FieldFault | false)[] = [
    tagStatus === 'tagged' &&
      lists !== 1 && {
        field: path,
        message: 'tagged needs either tagPatternList or tagPrefixList, with something in it',
      },
    tagStatus !== 'tagged' &&
      lists > 0 && { field: path, message: `tagPatternList and tagPrefixList do not go with ${tagStatus}` },
    countType === 'imageCountMoreThan' &&
      countUnit !== undefined && { field: `${path}.countUnit`, message: 'does not go with imageCountMoreThan' },
    countType !== 'imageCountMoreThan' &&
      countUnit === undefined && { field: `${path}.countUnit`, message: `is missing: ${countType} counts days` },
    isArchive !== (storageClass === 'archive') && {
      field: `${path}.storageClass`,
      message: 'archive goes with sinceImageTransitioned, and only with it',
    },
    isArchive &&
      action.type === 'transition' && { field: path, message: 'sinceImageTransitioned goes with the action expire' },
  ]
  return faults.filter(fault => fault !== false)
}
