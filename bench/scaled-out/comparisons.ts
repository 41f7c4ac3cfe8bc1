import { join } from 'node:path'
import { blobs } from '../comparisons/blobs.ts'
import { manifests } from '../comparisons/manifests.ts'
import { uploads } from '../comparisons/uploads.ts'
import type { Comparison } from '../measure.ts'
import { type Registry, startBerth, startDistribution, startDistributionOnS3 } from '../registries.ts'
import type { Place } from './place.ts'

/** Some work, and what is started for it. */
export interface Contest {
  readonly comparisons: readonly Comparison[]
  contestants(place: Place): readonly (() => Promise<Registry>)[]
}

const NO_CACHE = { BERTH_BLOBS_CACHE_BYTES: '0' }
/** What distribution keeps in its data folder, Berth asks PostgreSQL for; on S3 both keep everything there. */
export function contests(folder: string, distribution: string): readonly Contest[] {
  const named = (where: string, target: number, comparison: Comparison): Comparison => {
    const { disk: _, ...rest } = comparison
    return { ...rest, name: `${comparison.name}, ${where}`, target }
  }
  const s3 = (settings: Readonly<Record<string, string>>) => (place: Place) => [
    async () => startBerth(join(folder, 'berth-s3'), { ...(await place.berth()), ...settings }),
    async () => startDistributionOnS3(distribution, join(folder, 'distribution-s3'), await place.bucket()),
  ]
  return [
    {
      comparisons: manifests.map(each => named('PostgreSQL', 2, each)),
      contestants: place => [
        async () => startBerth(join(folder, 'berth-pg'), await place.database()),
        () => startDistribution(distribution, join(folder, 'distribution')),
      ],
    },
    { comparisons: blobs(folder).map(each => named('S3', 1.2, each)), contestants: s3({}) },
    { comparisons: blobs(folder).map(each => named('S3 without cache', 1.2, each)), contestants: s3(NO_CACHE) },
    { comparisons: uploads(folder).map(each => named('S3', 1, each)), contestants: s3({}) },
  ]
}
