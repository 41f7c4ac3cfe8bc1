import { type Example, image } from './example.ts'
import type { Pictured } from './outcome.ts'

interface Written {
  readonly template?: string
  readonly number?: number
  readonly tags?: string
  readonly excludes?: boolean
  readonly untagged?: boolean
  readonly repositories?: string
  readonly excludesRepositories?: boolean
  readonly disabled?: boolean
}

/** Everything is retained, always, unless it says otherwise. */
export function harborRule({ template = 'always', number, tags = '**', repositories = '**', ...rest }: Written) {
  return {
    action: 'retain',
    template,
    params: number === undefined ? {} : { [template]: number },
    disabled: rest.disabled ?? false,
    tag_selectors: [
      {
        kind: 'doublestar',
        decoration: rest.excludes ? 'excludes' : 'matches',
        pattern: tags,
        extras: JSON.stringify({ untagged: rest.untagged ?? false }),
      },
    ],
    scope_selectors: {
      repository: [
        {
          kind: 'doublestar',
          decoration: rest.excludesRepositories ? 'repoExcludes' : 'repoMatches',
          pattern: repositories,
        },
      ],
    },
  }
}

export function harborPolicy(rules: readonly object[], cron = '') {
  return {
    algorithm: 'or',
    rules,
    trigger: { kind: 'Schedule', settings: { cron } },
    scope: { level: 'project', ref: 3 },
  }
}

/** `count` artifacts, of which the first `untagged` have no tag. */
const repository = (name: string, count: number, untagged: number, pulledDays: number) =>
  Array.from({ length: count }, (_, index): Pictured => {
    const tags = index < untagged ? [] : [`v${index}`]
    return { ...image(name, `${name}${index}`, 100 + index / 1000, ...tags), pulledDays: pulledDays + index / 1000 }
  })
const others = ['b', 'c', 'd', 'e'].flatMap(name => repository(name, 7, 1, 40))
/** A has 102 artifacts, two of them untagged, pulled within a week; B to E have seven each, one untagged. */
const project = [...repository('a', 102, 2, 3), ...others]
const names = (images: readonly Pictured[]) => images.map(({ name }) => name)
const untagged = names(project.filter(({ tags }) => tags.length === 0))

const newestTen = harborRule({ template: 'latestPulledN', number: 10 })
const lastWeek = harborRule({ template: 'nDaysSinceLastPull', number: 7 })
const newestPushed = { template: 'latestPushedK', number: 10 }

const example = (title: string, images: readonly Pictured[], rules: readonly object[], gone: readonly string[]) =>
  ({ title: `Harbor, ${title}`, from: 'harbor', document: harborPolicy(rules), images, gone }) satisfies Example

const kinds = ['2.1', '2.2', '3.1', '4.4'].flatMap(version =>
  ['prod', 'rc', 'release'].map(kind => `${version}-your_repo-${kind}`),
)

/** "Create Tag Retention Rules", Harbor documentation. (Its third example says 103 where it means all 102.) */
export const HARBOR_EXAMPLES: readonly Example[] = [
  example(
    '1: the ten most recently pulled of each repository, 34 in all',
    project,
    [newestTen],
    names(project).filter(name => untagged.includes(name) || (name.startsWith('a') && Number(name.slice(1)) >= 12)),
  ),
  example(
    '2: what was pulled in the last seven days, 100 in all',
    project,
    [lastWeek],
    names(project).filter(name => untagged.includes(name) || !name.startsWith('a')),
  ),
  example(
    '3: with untagged artifacts, all of A',
    project,
    [harborRule({ template: 'nDaysSinceLastPull', number: 7, untagged: true })],
    names(others),
  ),
  example('4: two rules, all that either retains', project, [lastWeek, newestTen], untagged),
  example(
    '5: rules for the beginning and for the end of tags',
    kinds.map((kind, index) => image('app', kind, index + 1, kind)),
    [harborRule({ ...newestPushed, tags: '2*' }), harborRule({ ...newestPushed, tags: '*-prod' })],
    kinds.filter(kind => !kind.startsWith('2') && !kind.endsWith('-prod')),
  ),
  example(
    'an artifact that is retained keeps all of its tags',
    [image('app', 'A', 1, 'harbor-1.8', 'harbor-release', 'harbor-nightly', 'harbor-latest', 'other')],
    [harborRule({ template: 'latestPushedK', number: 2, tags: 'harbor-*' })],
    [],
  ),
]
