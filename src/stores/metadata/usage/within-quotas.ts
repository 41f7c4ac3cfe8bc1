import type { RepositoryName } from '../../../oci/index.ts'
import { OverQuota, RunAgain } from '../../../platform/outcome/index.ts'
import type { Queries } from '../engine.ts'
import { type Standing, standingsOf } from './standings.ts'

/**
 * Changes that met a hard limit. What adds nothing is never refused, however much is there: these run again and look at
 * what is used before too, which all others are spared.
 */
const meets = new WeakSet<object>()

/**
 * Runs a part of a transaction that adds to the repository, and takes it back when a hard limit of its project or of
 * the registry is in the way.
 * @param change what is wanted: the same object each time the transaction is run again.
 * @throws OverQuota, RunAgain, which must end the transaction.
 */
export async function withinQuotas<Result>(
  queries: Queries,
  { change, repository }: { readonly change: object; readonly repository: RepositoryName },
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly standings: readonly Standing[] }> {
  const before = meets.has(change) ? await standingsOf(queries, repository) : undefined
  const result = await work()
  const standings = await standingsOf(queries, repository)
  for (const { scope, kind, used, hard } of standings) {
    if (hard === undefined || used <= hard) continue
    if (!before) {
      meets.add(change)
      throw new RunAgain(`It meets the limit of ${kind}.`)
    }
    const had = before.find(each => each.kind === kind && (each.scope === 'registry') === (scope === 'registry'))
    const wanted = used - (had?.used ?? 0)
    if (wanted > 0) throw new OverQuota({ scope, kind, used: used - wanted, limit: hard, wanted })
  }
  return { result, standings }
}
