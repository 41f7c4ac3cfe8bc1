import { type Example, image } from './example.ts'
import type { Pictured } from './outcome.ts'

interface Written {
  readonly tagPrefixList?: readonly string[]
  readonly tagPatternList?: readonly string[]
  readonly tagStatus?: string
  readonly countType?: string
  readonly countUnit?: string
  readonly countNumber?: number
  readonly storageClass?: string
}

/** Counts one, of tagged images, unless the selection says otherwise. */
export function ecrRule(rulePriority: number, selection: Written, action: object = { type: 'expire' }) {
  const { countType = 'imageCountMoreThan', tagStatus = 'tagged', countNumber = 1 } = selection
  const unit = countType === 'imageCountMoreThan' ? {} : { countUnit: 'days' }
  return {
    rulePriority,
    description: `Rule ${rulePriority}`,
    selection: { ...unit, ...selection, tagStatus, countType, countNumber },
    action,
  }
}

const of = (name: string, pushedDays: number, ...tags: readonly string[]) => image('app', name, pushedDays, ...tags)

const example = (title: string, images: readonly Pictured[], rules: readonly object[], gone: readonly string[]) =>
  ({ title: `ECR, ${title}`, from: 'ecr', document: { rules }, images, gone }) satisfies Example

const both = [of('A', 10, 'beta-1', 'prod-1'), of('B', 9, 'beta-2', 'prod-2'), of('C', 8, 'beta-3')]
const greek = [
  of('A', 12, 'alpha-1'),
  of('B', 11, 'beta-1'),
  of('C', 10, 'alpha-2', 'beta-2'),
  of('D', 4, 'alpha-3'),
  of('E', 3, 'beta-3'),
  of('F', 2, 'alpha-4', 'beta-4'),
]
const prod = (priority: number) => ecrRule(priority, { tagPatternList: ['prod*'] })
const beta = (priority: number) => ecrRule(priority, { tagPatternList: ['beta*'] })
const fiveDays = { countType: 'sinceImagePushed', countNumber: 5 }

/** "Examples of lifecycle policies in Amazon ECR", Amazon ECR user guide. */
export const ECR_EXAMPLES: readonly Example[] = [
  example(
    'filtering on image age: images with a tag prod* that are older than 14 days',
    [of('A', 20, 'prod-1'), of('B', 10, 'prod-2'), of('C', 20, 'dev-1'), of('D', 20)],
    [ecrRule(1, { tagPatternList: ['prod*'], countType: 'sinceImagePushed', countNumber: 14 })],
    ['A'],
  ),
  example(
    'filtering on image count: one untagged image stays',
    [of('A', 3), of('B', 2), of('C', 1), of('D', 4, 'v1')],
    [ecrRule(1, { tagStatus: 'untagged' })],
    ['A', 'B'],
  ),
  example('several rules, A: what the first leaves, the second may not take', both, [prod(1), beta(2)], ['A']),
  example('several rules, B: the other order gives another outcome', both, [beta(1), prod(2)], ['A', 'B']),
  example(
    'several tags in a rule, A: an image must match all of them',
    greek,
    [ecrRule(1, { tagPatternList: ['alpha*', 'beta*'], ...fiveDays })],
    ['C'],
  ),
  example(
    'several tags in a rule, A, as prefixes',
    greek,
    [ecrRule(1, { tagPrefixList: ['alpha', 'beta'], ...fiveDays })],
    ['C'],
  ),
  example(
    'several tags in a rule, B: an image may have other tags too',
    [
      of('A', 10, 'alpha-1', 'beta-1', 'gamma-1'),
      of('B', 9, 'alpha-2', 'beta-2'),
      of('C', 8, 'alpha-3', 'beta-3', 'gamma-2'),
    ],
    [ecrRule(1, { tagPatternList: ['alpha*', 'beta*'] })],
    ['A', 'B'],
  ),
  example(
    'all images, A: only the newest one stays',
    [of('A', 4, 'alpha-1'), of('B', 3, 'beta-1'), of('C', 2), of('D', 1, 'alpha-2')],
    [ecrRule(1, { tagStatus: 'any' })],
    ['A', 'B', 'C'],
  ),
  example(
    'all images, B: all kinds of rules in one policy',
    // "1 day ago" is no older than one day.
    [of('A', 4, 'alpha-1', 'beta-1'), of('B', 3), of('C', 2, 'alpha-2'), of('D', 1, 'git-hash'), of('E', 0.9)],
    [
      ecrRule(1, { tagPatternList: ['alpha*'] }),
      ecrRule(2, { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 1 }),
      ecrRule(3, { tagStatus: 'any' }),
    ],
    ['A', 'B', 'D'],
  ),
]
