import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import type { InventoryState } from '../schema-inventories.ts'
import { type DistributionRow, type Kept, keepInventory, type NewInventory, type Unread } from './keep.ts'

/** What is known of what a manifest holds. Times are milliseconds since the epoch. */
export interface StoredInventory {
  readonly digest: Digest
  readonly state: InventoryState
  /** It is to be read, for the first time or again. */
  readonly isWaiting: boolean
  /** Undefined while nobody reads it. */
  readonly startedAt: number | undefined
  readonly readBytes: number | undefined
  readonly totalBytes: number | undefined
  readonly attempts: number
  readonly madeAt: number | undefined
  readonly madeBy: string | undefined
  readonly about: Digest | undefined
  readonly distribution: DistributionRow | undefined
  readonly layers: readonly Digest[]
  readonly problems: readonly Unread[]
  readonly packages: number
  readonly reason: string | undefined
}

/** A package, and where in an image it is. */
export interface HeldPackage {
  readonly id: number
  /** Its place in the list. */
  readonly position: number
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly source: { readonly name: string; readonly version: string } | undefined
  readonly purl: string
  readonly licences: readonly string[]
  /** Undefined for what a builder says. */
  readonly layer: Digest | undefined
  readonly path: string
}

/** What each manifest holds. */
export interface Inventories {
  /** Undefined for a manifest that nobody looked at yet, or that nobody has. */
  find(digest: Digest): Promise<StoredInventory | undefined>
  /** In place of what was there. Durable. */
  keep(inventory: NewInventory, record?: Recording<Kept>): Promise<Kept>
  /** In order of ecosystem, name, version and path. @param page.after a position. */
  packagesOf(
    digest: Digest,
    page: { readonly after?: number | undefined; readonly limit: number },
  ): Promise<readonly HeldPackage[]>
  /** Does it hold the package? */
  holds(digest: Digest, packageId: number): Promise<boolean>
  /** What builders say of an image in one repository: the digests of the manifests that say so, with an inventory each. */
  saidOf(repository: RepositoryName, digest: Digest): Promise<readonly Digest[]>
  /** The repositories that hold the manifest, by name. */
  repositoriesOf(digest: Digest): Promise<readonly RepositoryName[]>
  /** Images that are read already among those manifests that came after one, in the order in which they came. */
  readAfter(
    manifestId: number,
    limit: number,
  ): Promise<readonly { readonly manifestId: number; readonly repository: RepositoryName; readonly digest: Digest }[]>
  /**
   * Of the `limit` inventories after `after` those go whose manifest no repository has; gives where the next part begins,
   * undefined after the last.
   */
  removeUnheld(after: number, limit: number): Promise<{ readonly removed: number; readonly next: number | undefined }>
}

export function createInventories(engine: Engine): Inventories {
  const { db } = engine
  return {
    find: digest => find(db, digest),
    keep: (inventory, record) => recordedWrite(engine, record, queries => keepInventory(queries, inventory)),
    packagesOf: (digest, page) => packagesOf(db, digest, page),
    async holds(digest, packageId) {
      const row = await db
        .selectFrom('inventory_packages')
        .innerJoin('inventories', 'inventories.id', 'inventory_packages.inventory_id')
        .select('inventories.id')
        .where('inventory_packages.package_id', '=', packageId)
        .where('inventories.digest', '=', digest)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
    async saidOf(repository, digest) {
      const rows = await db
        .selectFrom('inventories')
        .innerJoin('manifests', 'manifests.digest', 'inventories.digest')
        .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
        .select('inventories.digest')
        .where('inventories.about', '=', digest)
        .where('inventories.state', '=', 'read')
        .where('repositories.name', '=', repository)
        .orderBy('inventories.id')
        .limit(MOST_SAID)
        .execute()
      return rows.map(row => row.digest)
    },
    async repositoriesOf(digest) {
      const rows = await db
        .selectFrom('manifests')
        .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
        .select('repositories.name')
        .where('manifests.digest', '=', digest)
        .where('manifests.state', '=', 'stored')
        .orderBy('repositories.name')
        .execute()
      return rows.map(({ name }) => name)
    },
    readAfter: (manifestId, limit) =>
      db
        .selectFrom('manifests')
        .innerJoin('inventories', 'inventories.digest', 'manifests.digest')
        .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
        .select(['manifests.id as manifestId', 'repositories.name as repository', 'manifests.digest'])
        .where('manifests.id', '>', manifestId)
        .where('manifests.state', '=', 'stored')
        .where('inventories.state', '=', 'read')
        .where('inventories.about', 'is', null)
        .orderBy('manifests.id')
        .limit(limit)
        .execute(),
    removeUnheld: (after, limit) => engine.write(queries => removeUnheld(queries, after, limit), { durable: false }),
  }
}

/** More SBOMs of one image than that are of no use to anybody. */
const MOST_SAID = 20

async function find(queries: Queries, digest: Digest): Promise<StoredInventory | undefined> {
  const row = await queries.selectFrom('inventories').selectAll().where('digest', '=', digest).executeTakeFirst()
  if (!row) return undefined
  const counted = await queries
    .selectFrom('inventory_packages')
    .select(({ fn }) => fn.max('position').as('last'))
    .where('inventory_id', '=', row.id)
    .executeTakeFirst()
  return {
    digest: row.digest,
    state: row.state,
    isWaiting: row.due_at !== null,
    startedAt: row.started_at ?? undefined,
    readBytes: row.read_bytes ?? undefined,
    totalBytes: row.total_bytes ?? undefined,
    attempts: row.attempts,
    madeAt: row.made_at ?? undefined,
    madeBy: row.made_by ?? undefined,
    about: row.about ?? undefined,
    distribution: row.distribution === null ? undefined : JSON.parse(row.distribution),
    layers: JSON.parse(row.layers),
    problems: JSON.parse(row.problems),
    packages: (counted?.last ?? -1) + 1,
    reason: row.reason ?? undefined,
  }
}

async function packagesOf(
  queries: Queries,
  digest: Digest,
  { after, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<readonly HeldPackage[]> {
  const inventory = await queries
    .selectFrom('inventories')
    .select(['id', 'layers'])
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (!inventory) return []
  const layers = JSON.parse(inventory.layers) as readonly Digest[]
  const rows = await queries
    .selectFrom('inventory_packages as held')
    .innerJoin('packages as p', 'p.id', 'held.package_id')
    .select(['p.id', 'held.position', 'p.ecosystem', 'p.name', 'p.version', 'p.source_name', 'p.source_version'])
    .select(['p.purl', 'p.licences', 'held.layer', 'held.path'])
    .where('held.inventory_id', '=', inventory.id)
    .where('held.position', '>', after ?? -1)
    .orderBy('held.position')
    .limit(limit)
    .execute()
  return rows.map(({ source_name, source_version, licences, layer, ...row }) => ({
    ...row,
    source: source_name === null ? undefined : { name: source_name, version: source_version ?? '' },
    licences: JSON.parse(licences),
    layer: layer === null ? undefined : layers[layer],
  }))
}

async function removeUnheld(queries: Queries, after: number, limit: number) {
  const window = await queries
    .selectFrom('inventories as i')
    .select([
      'i.id',
      ({ exists, selectFrom }) =>
        exists(selectFrom('manifests as m').select('m.id').whereRef('m.digest', '=', 'i.digest')).as('isHeld'),
    ])
    .where('i.id', '>', after)
    .orderBy('i.id')
    .limit(limit)
    .execute()
  const gone = window.filter(({ isHeld }) => !isHeld).map(({ id }) => id)
  if (gone.length > 0) {
    await queries.deleteFrom('inventory_packages').where('inventory_id', 'in', gone).execute()
    await queries.deleteFrom('inventories').where('id', 'in', gone).execute()
  }
  return { removed: gone.length, next: window.length < limit ? undefined : window.at(-1)?.id }
}
