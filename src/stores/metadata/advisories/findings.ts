import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { contains } from '../details/image-filter.ts'
import type { Engine, Queries } from '../engine.ts'
import type { Finding, FindingFilter, FindingInImage, FindingKey, Severity } from './finding.ts'
import { SAID_THERE } from './hits.ts'

export interface Findings {
  /** Of one image manifest, and of what SBOMs in the same repository say about it; the worst first. */
  of(repository: RepositoryName, digest: Digest): Promise<readonly Finding[]>
  /**
   * Those in all images that `filter` allows, in the order of their keys.
   * @param page.after the key that the page before ended with.
   */
  list(filter: FindingFilter, page: { after?: FindingKey | undefined; limit: number }): Promise<FindingPage>
  /** Ecosystems of the image's packages of which no advisory speaks, with how many packages: nothing is known of these. */
  unadvised(digest: Digest): Promise<readonly { readonly ecosystem: string; readonly packages: number }[]>
  /** The images that have a vulnerability, by any of its ids; ordered by repository and digest. */
  imagesWith(
    vulnerability: string,
    page: { after?: { repository: string; digest: string } | undefined; limit: number },
  ): Promise<readonly { readonly repository: RepositoryName; readonly digest: Digest }[]>
}

export interface FindingPage {
  readonly findings: readonly FindingInImage[]
  /** Of each of them. */
  readonly keys: readonly FindingKey[]
  /** Undefined when there are no more. */
  readonly next: FindingKey | undefined
}

/**
 * What a finding is made of; on `f` (package_findings), `p` (packages), `i` (inventory_packages) and `v` (inventories).
 */
const COLUMNS = sql`f.vulnerability, f.ids, f.severity, f.cvss, f.fixed_in, f.summary, f.url, f.source, f.since,
  p.ecosystem, p.name, p.version, p.purl, v.layers, i.layer, i.path, f.package_id, prediction.score as epss,
  exploited.edition as exploited`

const BESIDE = sql`left join exploit_predictions as prediction on prediction.vulnerability = f.vulnerability
    and prediction.edition = (select edition from advisory_sources where id = 'epss')
  left join exploited on exploited.vulnerability = f.vulnerability
    and exploited.edition = (select edition from advisory_sources where id = 'kev')`

function unadvisedQuery(digest: Digest) {
  return sql<{ ecosystem: string; packages: number | string }>`
    select held.ecosystem, held.packages from (
      select p.ecosystem, count(*) as packages from inventories as v
      join inventory_packages as i on i.inventory_id = v.id join packages as p on p.id = i.package_id
      where v.digest = ${digest} group by p.ecosystem) as held
    where not exists (select 1 from advisory_packages as n where n.ecosystem = held.ecosystem)
    order by held.ecosystem`
}

interface FindingRow {
  readonly vulnerability: string
  readonly ids: string
  readonly severity: Severity
  readonly cvss: number | null
  readonly fixed_in: string | null
  readonly summary: string
  readonly url: string | null
  readonly source: string
  readonly since: number
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly layers: string
  readonly layer: number | null
  readonly path: string
  readonly package_id: number
  readonly epss: number | null
  readonly exploited: number | null
}

interface PlacedRow extends FindingRow {
  readonly inventory: number
  readonly position: number
  readonly manifest: number
  readonly repository: RepositoryName
  readonly digest: Digest
}

export function createFindings(engine: Engine): Findings {
  return {
    async of(repository, digest) {
      const { rows } = await ofQuery(repository, digest).execute(engine.db)
      // What the builder says as well as the layers is told once.
      const own = new Set(rows.flatMap(({ is_own, package_id }) => (is_own === 1 ? [package_id] : [])))
      return rows.filter(({ is_own, package_id }) => is_own === 1 || !own.has(package_id)).map(findingOf)
    },
    async unadvised(digest) {
      const { rows } = await unadvisedQuery(digest).execute(engine.db)
      return rows.map(({ ecosystem, packages }) => ({ ecosystem, packages: Number(packages) }))
    },
    async list(filter, { after, limit }) {
      const beginning = await beginningOf(engine.db, filter)
      const { rows } = await listQuery(engine.db, filter, { after, limit: limit + 1, beginning }).execute(engine.db)
      const page = rows.slice(0, limit)
      const keys = page.map(keyOf)
      return {
        findings: page.map(row => ({ ...findingOf(row), repository: row.repository, digest: row.digest })),
        keys,
        next: rows.length > limit ? keys.at(-1) : undefined,
      }
    },
    async imagesWith(vulnerability, { after, limit }) {
      const following = after
        ? sql`and (r.name > ${after.repository} or (r.name = ${after.repository} and m.digest > ${after.digest}))`
        : sql``
      const { rows } = await sql<{ repository: RepositoryName; digest: Digest }>`
        select distinct r.name as repository, m.digest from package_findings as f
        join inventory_packages as i on i.package_id = f.package_id join inventories as v on v.id = i.inventory_id
        join manifests as m on m.digest = coalesce(v.about, v.digest) join repositories as r on r.id = m.repository_id
        where ${isKnownAs(engine.db, vulnerability)} and f.ended_at is null and ${SAID_THERE} ${following}
        order by r.name, m.digest limit ${limit}`.execute(engine.db)
      return rows
    },
  }
}

/** By the index of inventories, then that of package_findings; exported for its plan. */
export function ofQuery(repository: RepositoryName, digest: Digest) {
  return sql<FindingRow & { is_own: number }>`select ${COLUMNS},
      case when v.about is null then 1 else 0 end as is_own
    from inventories as v join inventory_packages as i on i.inventory_id = v.id
    join packages as p on p.id = i.package_id join package_findings as f on f.package_id = i.package_id ${BESIDE}
    where v.id in (${inventoriesOf(digest)}) and f.ended_at is null
      and (v.about is null or exists (select 1 from manifests as said join repositories as place
        on place.id = said.repository_id where said.digest = v.digest and place.name = ${repository}))
    order by f.severity_rank desc, f.vulnerability, p.name, i.path`
}

/** Images of a repository or project that are few enough to be looked at all. */
const FEW_IMAGES = 200

/**
 * Which table a list begins with: the findings in the order of their index, of which a page is the first few; or the image,
 * or the few images, that are asked about.
 */
async function beginningOf(queries: Queries, filter: FindingFilter): Promise<Beginning> {
  if (filter.digest !== undefined) return 'image'
  const within = [...inPlace(filter)]
  if (within.length === 0) return 'findings'
  const { rows } = await sql<{ images: number }>`select count(*) as images from
    (select 1 from repositories as r join manifests as m on m.repository_id = r.id
      where ${sql.join(within, sql` and `)} limit ${FEW_IMAGES + 1}) as counted`.execute(queries)
  return Number(rows[0]?.images) > FEW_IMAGES ? 'findings' : 'images'
}

export type Beginning = 'findings' | 'images' | 'image'

/** SQLite joins in this order; PostgreSQL finds one by itself. */
const ORDERS: Readonly<Record<Beginning, RawBuilder<unknown>>> = {
  findings: sql`package_findings as f cross join packages as p cross join inventory_packages as i
    cross join inventories as v cross join manifests as m cross join repositories as r`,
  images: sql`repositories as r cross join manifests as m cross join inventories as v
    cross join inventory_packages as i cross join package_findings as f cross join packages as p`,
  image: sql`inventories as v cross join inventory_packages as i cross join package_findings as f
    cross join packages as p cross join manifests as m cross join repositories as r`,
}

const JOINED = sql<SqlBool>`p.id = f.package_id and i.package_id = f.package_id and v.id = i.inventory_id
  and r.id = m.repository_id`
/** Said in two ways, of which each is what an index has on one of the two sides. */
const OF_INVENTORY = sql<SqlBool>`m.digest = coalesce(v.about, v.digest)`
const OF_MANIFEST = sql<SqlBool>`((v.digest = m.digest and v.about is null) or v.about = m.digest)`

/** Exported for its plan. */
export function listQuery(
  queries: Queries,
  filter: FindingFilter,
  { after, limit, beginning }: { after: FindingKey | undefined; limit: number; beginning: Beginning },
) {
  const conditions = [
    JOINED,
    beginning === 'images' ? OF_MANIFEST : OF_INVENTORY,
    sql<SqlBool>`f.ended_at is null`,
    SAID_THERE,
    ...conditionsOf(queries, filter),
  ]
  if (after) {
    const { vulnerability, packageId, inventory, position, manifest } = after
    conditions.push(sql<SqlBool>`(f.vulnerability, f.package_id, i.inventory_id, i.position, m.id) >
      (${vulnerability}, ${packageId}, ${inventory}, ${position}, ${manifest})`)
    // Said alone as well, so that the index is entered there.
    conditions.push(sql<SqlBool>`f.vulnerability >= ${vulnerability}`)
  }
  return sql<PlacedRow>`select ${COLUMNS}, i.inventory_id as inventory, i.position, m.id as manifest, m.digest,
      r.name as repository
    from ${ORDERS[beginning]} ${BESIDE}
    where ${sql.join(conditions, sql` and `)}
    order by f.vulnerability, f.package_id, i.inventory_id, i.position, m.id limit ${limit}`
}

function* inPlace({ project, repository }: FindingFilter): Generator<RawBuilder<SqlBool>> {
  if (project !== undefined)
    yield sql<SqlBool>`(r.name = ${project} or (r.name > ${`${project}/`} and r.name < ${`${project}0`}))`
  if (repository !== undefined) yield sql<SqlBool>`r.name = ${repository}`
}

function conditionsOf(queries: Queries, filter: FindingFilter): RawBuilder<SqlBool>[] {
  const { digest, vulnerability, severities, isFixable, isExploited } = filter
  const found: RawBuilder<SqlBool>[] = [...inPlace(filter)]
  if (digest !== undefined) found.push(sql<SqlBool>`v.id in (${inventoriesOf(digest)})`)
  if (vulnerability !== undefined) found.push(isKnownAs(queries, vulnerability))
  if (severities !== undefined) found.push(sql<SqlBool>`f.severity in (${sql.join(severities)})`)
  if (filter.packages !== undefined) found.push(sql<SqlBool>`p.name in (${sql.join(filter.packages)})`)
  if (isFixable !== undefined) found.push(isFixable ? sql`f.fixed_in is not null` : sql`f.fixed_in is null`)
  if (isExploited !== undefined)
    found.push(isExploited ? sql`exploited.edition is not null` : sql`exploited.edition is null`)
  return found
}

/** Of the image itself, and of the SBOMs that are about it. */
function inventoriesOf(digest: Digest) {
  return sql`select id from inventories where digest = ${digest} union select id from inventories where about = ${digest}`
}

/** By its canonical id, or another: an advisory joins the two. */
function isKnownAs(queries: Queries, id: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`f.vulnerability in (select ${id} union select other.id from advisory_ids as given
    join advisory_ids as other on other.advisory = given.advisory where given.id = ${id})
    and ${contains(queries, sql.ref('f.ids'), JSON.stringify(id))}`
}

function keyOf({ vulnerability, package_id, inventory, position, manifest }: PlacedRow): FindingKey {
  return { vulnerability, packageId: package_id, inventory, position, manifest }
}

function findingOf(row: FindingRow): Finding {
  return {
    vulnerability: row.vulnerability,
    aliases: (JSON.parse(row.ids) as string[]).filter(id => id !== row.vulnerability),
    severity: row.severity,
    cvssScore: row.cvss ?? undefined,
    epssScore: row.epss ?? undefined,
    isExploited: row.exploited !== null,
    ecosystem: row.ecosystem,
    package: row.name,
    version: row.version,
    purl: row.purl,
    summary: row.summary,
    source: row.source,
    fixedIn: row.fixed_in ?? undefined,
    layer: row.layer === null ? undefined : (JSON.parse(row.layers) as Digest[])[row.layer],
    path: row.path,
    since: row.since,
    url: row.url ?? undefined,
  }
}
