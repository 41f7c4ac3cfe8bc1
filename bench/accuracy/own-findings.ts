import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { matchPackages } from '../../src/features/advisories/index.ts'
import type { FoundPackage } from '../../src/features/inventory/index.ts'
import { packageIdentity } from '../../src/stores/metadata/inventories/package-identity.ts'
import { migrateSqlite } from '../../src/stores/metadata/sqlite/open.ts'
import { openSqliteEngine } from '../../src/stores/metadata/sqlite/sqlite-engine.ts'
import { advisingOver } from '../../test/advisories/store.ts'
import type { Zips } from './advisory-zips.ts'
import { subjectOf, type ToldFinding } from './osv-scanner.ts'

export interface OwnFindings extends AsyncDisposable {
  /** Takes in what an update brings; of each ecosystem the newest zip counts. */
  takeIn(zips: Zips): Promise<void>
  /** What packages of an image have, and nothing else that was asked for before. */
  of(packages: readonly FoundPackage[]): Promise<readonly ToldFinding[]>
}

/** Berth's own advisories and matching, over a database of their own. */
export async function ownFindings(): Promise<OwnFindings> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-findings-'))
  const file = join(folder, 'berth.db')
  await migrateSqlite(file)
  const engine = openSqliteEngine(file)
  const { advising, takeOnly, ...own } = await advisingOver(engine)
  return {
    async takeIn(zips) {
      await takeOnly(Object.fromEntries([...zips].map(([ecosystem, bytes]) => [`${ecosystem}/all.zip`, bytes])))
    },
    async of(packages) {
      const rows = new Map(packages.map(each => [packageIdentity(each), rowOf(each)]))
      await engine.write(async queries => {
        await queries.deleteFrom('package_findings').execute()
        await queries.deleteFrom('packages').execute()
        for (const row of rows.values()) await queries.insertInto('packages').values(row).execute()
      })
      const kept = await engine.db.selectFrom('packages').select('id').execute()
      await matchPackages(
        advising,
        kept.map(({ id }) => id),
      )
      const found = await engine.db
        .selectFrom('package_findings')
        .innerJoin('packages', 'packages.id', 'package_findings.package_id')
        .select(['ecosystem', 'name', 'version', 'ids'])
        .execute()
      return found.map(({ ecosystem, name, version, ids }) => ({
        ...subjectOf(ecosystem, name, version),
        ids: JSON.parse(ids) as string[],
      }))
    },
    async [Symbol.asyncDispose]() {
      await engine.close()
      await own[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const rowOf = (each: FoundPackage) => ({
  identity: packageIdentity(each),
  ecosystem: each.ecosystem,
  name: each.name,
  version: each.version,
  source_name: each.source?.name ?? null,
  source_version: each.source?.version ?? null,
  purl: each.purl,
  licences: '[]',
})
