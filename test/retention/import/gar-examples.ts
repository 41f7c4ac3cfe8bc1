import { type Example, image } from './example.ts'
import type { Pictured } from './outcome.ts'

/**
 * "Configure cleanup policies", Artifact Registry documentation; also the example of google_artifact_registry_repository
 * in the documentation of Terraform's provider.
 */
export const GAR_PUBLISHED = [
  {
    name: 'delete-prerelease',
    action: { type: 'Delete' },
    condition: { tagState: 'tagged', tagPrefixes: ['alpha', 'v0'], olderThan: '30d' },
  },
  {
    name: 'keep-tagged-release',
    action: { type: 'Keep' },
    condition: { tagState: 'tagged', tagPrefixes: ['release'], packageNamePrefixes: ['webapp', 'mobile'] },
  },
  {
    name: 'keep-minimum-versions',
    action: { type: 'Keep' },
    mostRecentVersions: { packageNamePrefixes: ['webapp', 'mobile', 'sandbox'], keepCount: 5 },
  },
] as const

/** "Cleanup policy overview", Artifact Registry documentation, where a version is a number; of an image it is its digest. */
const overview = [
  { name: 'older', action: { type: 'Delete' }, condition: { olderThan: '100d' } },
  { name: 'version', action: { type: 'Keep' }, condition: { versionNamePrefixes: ['sha256:b'] } },
  { name: 'default', action: { type: 'Delete' }, condition: { tagState: 'tagged', tagPrefixes: ['default'] } },
]
const versions: readonly Pictured[] = [
  { ...image('app', 'A', 120, 'default'), digest: 'sha256:a' },
  { ...image('other', 'B', 150, 'default'), digest: 'sha256:b' },
  { ...image('app', 'C', 20, 'patch'), digest: 'sha256:c' },
]

export const GAR_EXAMPLES: readonly Example[] = [
  {
    title: 'Artifact Registry, the example file: old prereleases go, except releases and the newest five',
    from: 'gar',
    document: GAR_PUBLISHED,
    images: [
      ...Array.from({ length: 7 }, (_, index) => image('webapp', `W${index}`, 40 + index, `alpha-${index}`)),
      image('other', 'A', 31, 'alpha-1'),
      image('other', 'B', 32, 'v0.1'),
      image('other', 'C', 29, 'v0.2'),
      image('other', 'D', 33, 'v1.0'),
      image('other', 'E', 34),
      image('mobile', 'F', 900, 'v0.9', 'release-9'),
      image('other', 'G', 900, 'v0.9', 'release-9'),
      image('sandbox/deep', 'H', 900, 'alpha'),
    ],
    gone: ['W5', 'W6', 'A', 'B', 'G'],
  },
  {
    title: 'Artifact Registry, the overview: what a keep policy matches stays, whatever deletes it',
    from: 'gar',
    document: overview,
    images: versions,
    gone: ['A'],
  },
  {
    title: 'Artifact Registry, the overview in another order',
    from: 'gar',
    document: overview.toReversed(),
    images: versions,
    gone: ['A'],
  },
  {
    title: 'Artifact Registry, Terraform’s second example: untagged images go after seven days',
    from: 'gar',
    document: [
      { name: 'delete-untagged', action: { type: 'Delete' }, condition: { tagState: 'UNTAGGED' } },
      { name: 'keep-new-untagged', action: { type: 'Keep' }, condition: { tagState: 'UNTAGGED', newerThan: '7d' } },
    ],
    images: [image('app', 'A', 8), image('app', 'B', 6), image('app', 'C', 9, 'v1')],
    gone: ['A'],
  },
]
