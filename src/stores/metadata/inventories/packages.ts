import { sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { Engine, Queries } from '../engine.ts'
import { type PackageKey, packageIdentity } from './package-identity.ts'

export interface NewPackage extends PackageKey {
  /** As people say it, where that is another: log4j-core. */
  readonly shortName?: string | undefined
  readonly licences: readonly string[]
}

export interface KnownPackage {
  readonly id: number
  /** Was it compared with all advisories already? */
  readonly isMatched: boolean
}

/** What any image of the registry holds, each once. */
export interface Packages {
  /** One for each of those given, made where it is not there yet. Not durable: what a power cut takes is made again. */
  ensure(packages: readonly NewPackage[]): Promise<readonly KnownPackage[]>
  /** They were compared with all advisories. */
  markMatched(ids: readonly number[], now: number): Promise<void>
  /** Some that were not, the oldest first. */
  unmatched(limit: number): Promise<readonly number[]>
  /**
   * Of the `limit` packages after `after` those go that no image holds; gives where the next part begins, undefined
   * after the last.
   */
  removeUnheld(after: number, limit: number): Promise<{ readonly removed: number; readonly next: number | undefined }>
}

export function createPackages(engine: Engine): Packages {
  return {
    async ensure(packages) {
      const identities = packages.map(packageIdentity)
      const distinct = new Map(packages.map((each, index) => [identities[index] as string, each]))
      const known = new Map<string, KnownPackage>()
      for (const some of chunks([...distinct]))
        for (const [identity, each] of await engine.write(queries => ensureSome(queries, some), { durable: false }))
          known.set(identity, each)
      return identities.map(identity => known.get(identity) as KnownPackage)
    },
    markMatched: (ids, now) =>
      engine.write(
        async queries => {
          for (const some of chunks(ids))
            await queries.updateTable('packages').set({ matched_at: now }).where('id', 'in', some).execute()
        },
        { durable: false },
      ),
    async unmatched(limit) {
      const rows = await engine.db
        .selectFrom('packages')
        .select('id')
        .where('matched_at', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },
    removeUnheld: (after, limit) => engine.write(queries => removeUnheld(queries, after, limit), { durable: false }),
  }
}

async function ensureSome(
  queries: Queries,
  packages: readonly (readonly [string, NewPackage])[],
): Promise<ReadonlyMap<string, KnownPackage>> {
  const known = new Map<string, KnownPackage>()
  const find = async () => {
    const rows = await queries
      .selectFrom('packages')
      .select(['id', 'identity', 'matched_at'])
      .where(
        'identity',
        'in',
        packages.map(([identity]) => identity),
      )
      .execute()
    for (const { id, identity, matched_at } of rows) known.set(identity, { id, isMatched: matched_at !== null })
  }
  await find()
  const absent = packages.filter(([identity]) => !known.has(identity))
  if (absent.length === 0) return known
  const rows = absent.map(([identity, { ecosystem, name, shortName, version, source, purl, licences }]) => ({
    identity,
    ecosystem,
    name,
    short_name: shortName ?? null,
    version,
    source_name: source?.name ?? null,
    source_version: source?.version ?? null,
    purl,
    licences: JSON.stringify(licences),
  }))
  await queries
    .insertInto('packages')
    .values(rows)
    .onConflict(conflict => conflict.column('identity').doNothing())
    .execute()
  await find()
  return known
}

async function removeUnheld(queries: Queries, after: number, limit: number) {
  const window = await queries
    .selectFrom('packages')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  const last = window.at(-1)
  if (!last) return { removed: 0, next: undefined }
  const { numDeletedRows } = await queries
    .deleteFrom('packages')
    .where('id', '>', after)
    .where('id', '<=', last.id)
    .where(sql<boolean>`not exists (select 1 from inventory_packages as held where held.package_id = packages.id)`)
    .executeTakeFirst()
  return { removed: Number(numDeletedRows), next: window.length < limit ? undefined : last.id }
}
