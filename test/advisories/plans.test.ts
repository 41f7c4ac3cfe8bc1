import { expect, test } from 'bun:test'
import { CompiledQuery, type RawBuilder } from 'kysely'
import { candidatesQuery } from '../../src/stores/metadata/advisories/candidates.ts'
import { type Beginning, listQuery, ofQuery } from '../../src/stores/metadata/advisories/findings.ts'
import { hitsQuery } from '../../src/stores/metadata/advisories/hits.ts'
import { alikeQuery, namedQuery } from '../../src/stores/metadata/advisories/matching.ts'
import type { Engine } from '../../src/stores/metadata/engine.ts'
import { onBothEngines } from '../support/both-engines.ts'
import { advisingOver, digestOf, osv, seedImages, seedPackages } from './store.ts'

/** Tables that are as large as the registry, or as what the world knows. */
const LARGE =
  'package_findings|inventory_packages|inventories|manifests|packages|advisories|advisory_packages|advisory_ids|exploit_predictions'

/** On PostgreSQL as it would be with more rows than a test has: a table that is small is gone through whole. */
function planOf(engine: Engine, query: RawBuilder<unknown>, isPostgres: boolean): Promise<string> {
  return engine.write(async db => {
    if (isPostgres) await db.executeQuery(CompiledQuery.raw('set local enable_seqscan = off'))
    const { sql, parameters } = query.compile(db)
    const explain = isPostgres ? 'explain (costs off)' : 'explain query plan'
    const { rows } = await db.executeQuery<Record<string, unknown>>(
      CompiledQuery.raw(`${explain} ${sql}`, [...parameters]),
    )
    return rows.map(row => String(row.detail ?? row['QUERY PLAN'])).join('\n')
  })
}

onBothEngines((name, open) => {
  test(`no question goes through a whole table, on ${name}`, async () => {
    await using opened = await open()
    await using own = await advisingOver(opened.engine)
    const { engine } = opened
    const ids = await seedPackages(
      engine,
      Array.from({ length: 300 }, (_, at) => ({ ecosystem: 'npm', name: `p${at}`, version: '1.0.0' })),
    )
    const images = Array.from({ length: 300 }, (_, at) => ({
      digest: digestOf(at),
      packages: ids.slice(at % 290, (at % 290) + 10),
    }))
    await seedImages(engine, 'shop/web', images)
    await own.take(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, at) => [
          `npm/${at}.json`,
          osv(`CVE-2026-${at}`, 'npm', `p${at}`, [{ introduced: '0' }]),
        ]),
      ),
    )
    const isPostgres = name === 'PostgreSQL'
    const some = ids.slice(0, 3)
    const page = (beginning: Beginning) => ({ after: undefined, limit: 10, beginning })
    const questions: Readonly<Record<string, RawBuilder<unknown>>> = {
      'findings of an image': ofQuery('shop/web' as never, digestOf(1)),
      'findings by vulnerability': listQuery(engine.db, { vulnerability: 'CVE-2026-7' }, page('findings')),
      'findings of an image in a list': listQuery(engine.db, { digest: digestOf(1) }, page('image')),
      'findings of a small repository': listQuery(engine.db, { repository: 'shop/web' as never }, page('images')),
      'findings of a large one': listQuery(engine.db, { repository: 'shop/web' as never }, page('findings')),
      'advisories about packages': candidatesQuery(some),
      'packages that changed advisories name': namedQuery('osv:npm'),
      'packages that have what they are about': alikeQuery('osv:npm'),
      'images that hold packages': hitsQuery(some, 10),
    }
    for (const [question, query] of Object.entries(questions)) {
      const plan = await planOf(engine, query, isPostgres)
      const whole = isPostgres
        ? new RegExp(`Seq Scan on (${LARGE})\\b`)
        : /SCAN (f|i|v|m|p|a|n|prediction|advisory_ids|advisories|package_findings)\b(?! USING)/
      expect([question, whole.exec(plan)?.[0] ?? 'by index', plan]).toEqual([question, 'by index', plan])
    }
  })
})
