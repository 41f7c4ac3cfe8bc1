import type { RepositoryName } from '../../../oci/index.ts'
import { OverQuota } from '../../../platform/outcome/index.ts'
import type { Queries } from '../engine.ts'
import { type Standing, standingsOf } from './standings.ts'

/**
 * Runs a part of a transaction that adds to the repository, and takes it back when a hard limit of its project or of
 * the registry is in the way. What adds nothing is never refused, however much is there.
 * @throws OverQuota, which must end the transaction.
 */
export async function withinQuotas<Result>(
  queries: Queries,
  repository: RepositoryName,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly standings: readonly Standing[] }> {
  const before = await standingsOf(queries, repository)
  const result = await work()
  if (before.length === 0) return { result, standings: before }
  const standings = await standingsOf(queries, repository)
  for (const { scope, kind, used, hard } of standings) {
    const had = before.find(each => each.kind === kind && (each.scope === 'registry') === (scope === 'registry'))
    const wanted = used - (had?.used ?? 0)
    if (hard !== undefined && used > hard && wanted > 0)
      throw new OverQuota({ scope, kind, used: used - wanted, limit: hard, wanted })
  }
  return { result, standings }
}
