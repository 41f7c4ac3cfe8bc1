import { type Example, image } from './example.ts'

const tagsOf = (ages: Readonly<Record<string, number>>) =>
  Object.entries(ages).map(([tag, days]) => image('app', tag, days, tag))

const patterns = { latest: 5, main: 4, v1: 3, 'release-1': 2, xrelease: 1 }

/** "Reduce container registry storage", GitLab documentation. */
export const GITLAB_EXAMPLES: readonly Example[] = [
  {
    title: 'GitLab, the example workflow',
    from: 'gitlab',
    document: { keep_n: 1, name_regex_keep: 'production-.*', older_than: '7d', name_regex: '.*' },
    images: tagsOf({
      latest: 0.1,
      'production-v44': 3,
      'production-v43': 6,
      'production-v42': 11,
      'dev-v44': 2,
      'dev-v43': 5,
      'dev-v42': 10,
      v44: 1,
      v43: 12,
      v42: 20,
    }),
    gone: ['dev-v42', 'v43', 'v42'],
  },
  {
    title: 'GitLab, the example request: older than 14 days, one stays and what ends in -main',
    from: 'gitlab',
    document: {
      container_expiration_policy_attributes: {
        cadence: '1month',
        enabled: true,
        keep_n: 1,
        older_than: '14d',
        name_regex: '.*',
        name_regex_keep: '.*-main',
      },
    },
    images: tagsOf({ latest: 91, 'x-main': 92, main: 93, new: 15, old: 16, young: 13 }),
    gone: ['main', 'new', 'old'],
  },
  ...Object.entries({
    '.*': ['main', 'v1', 'release-1', 'xrelease'],
    'v.+': ['v1'],
    main: ['main'],
    'release.*': ['release-1'],
    '(?:v.+|main|release.*)': ['main', 'v1', 'release-1'],
  }).map(
    ([name_regex, gone]): Example => ({
      title: `GitLab, the example pattern ${name_regex}`,
      from: 'gitlab',
      document: { name_regex },
      images: tagsOf(patterns),
      gone,
    }),
  ),
]
