import type { Digest, RepositoryName } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'

export interface LastPull {
  readonly repository: RepositoryName
  readonly digest: Digest
  /** Milliseconds since the epoch. */
  readonly pulledAt: number
}

/** When manifests were pulled last. */
export interface LastPulls {
  /**
   * Several replicas may tell of the same manifest: the latest pull stays. One that is not later by `stepMs` than what
   * is known changes nothing, and one of a manifest that is gone is forgotten. A power cut may take it back.
   */
  record(pulls: readonly LastPull[], stepMs: number): Promise<void>
  /** Of those that were ever pulled. */
  find(repository: RepositoryName, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, number>>
}

/** Far below what a statement may bind on either engine. */
const BATCH = 300

export function createLastPulls(engine: Engine): LastPulls {
  return {
    async record(pulls, stepMs) {
      for (let from = 0; from < pulls.length; from += BATCH) {
        const rows = await rowsOf(engine.db, pulls.slice(from, from + BATCH))
        if (rows.length === 0) continue
        await engine.write(queries => keepLatest(queries, rows, stepMs), { durable: false })
      }
    },
    async find(repository, digests) {
      if (digests.length === 0) return new Map()
      const rows = await engine.db
        .selectFrom('last_pulls')
        .innerJoin('repositories', 'repositories.id', 'last_pulls.repository_id')
        .select(['last_pulls.digest', 'last_pulls.pulled_at'])
        .where('repositories.name', '=', repository)
        .where('last_pulls.digest', 'in', [...digests])
        .execute()
      return new Map(rows.map(row => [row.digest, row.pulled_at]))
    },
  }
}

interface PullRow {
  readonly repository_id: number
  readonly digest: Digest
  readonly pulled_at: number
}

/** Read outside of the transaction, which then waits for no push; the foreign key holds against what goes meanwhile. */
async function rowsOf(queries: Queries, pulls: readonly LastPull[]): Promise<readonly PullRow[]> {
  const latest = new Map<string, LastPull>()
  for (const pull of pulls) {
    const key = `${pull.repository}@${pull.digest}`
    if ((latest.get(key)?.pulledAt ?? 0) < pull.pulledAt) latest.set(key, pull)
  }
  const there = await queries
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['manifests.repository_id', 'manifests.digest', 'repositories.name'])
    .where('repositories.name', 'in', [...new Set(pulls.map(({ repository }) => repository))])
    .where('manifests.digest', 'in', [...new Set(pulls.map(({ digest }) => digest))])
    .execute()
  return there
    .flatMap(({ repository_id, digest, name }) => {
      const pull = latest.get(`${name}@${digest}`)
      return pull ? [{ repository_id, digest, pulled_at: pull.pulledAt }] : []
    })
    .toSorted(byKey)
}

/** In one order everywhere, so that transactions wait for each other and not in a circle. */
function byKey(one: PullRow, other: PullRow): number {
  return one.repository_id - other.repository_id || (one.digest < other.digest ? -1 : 1)
}

async function keepLatest(queries: Queries, rows: readonly PullRow[], stepMs: number): Promise<void> {
  await queries
    .insertInto('last_pulls')
    .values([...rows])
    .onConflict(conflict =>
      conflict
        .columns(['repository_id', 'digest'])
        .doUpdateSet(({ ref }) => ({ pulled_at: ref('excluded.pulled_at') }))
        .where(({ eb, ref }) => eb('excluded.pulled_at', '>=', eb(ref('last_pulls.pulled_at'), '+', stepMs))),
    )
    .execute()
}
