import { describe, expect, test } from 'bun:test'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { documentsOf, type SpooledFile } from '../../src/stores/advisory-files/index.ts'
import { onBothEngines } from '../support/both-engines.ts'
import { advisingOver, seedPackages } from './store.ts'

/** Zips of OSV as they are published: parts of two (published/README.md), or all that BERTH_TESTS_OSV names a folder of. */
const FOLDER = process.env.BERTH_TESTS_OSV ?? join(import.meta.dir, 'published')

async function zips(): Promise<readonly SpooledFile[]> {
  const names = (await readdir(FOLDER)).filter(name => name.endsWith('.zip'))
  return Promise.all(
    names.map(async name => {
      const path = join(FOLDER, name)
      return { name, path, sizeBytes: (await stat(path)).size }
    }),
  )
}

interface Raw {
  readonly id: string
  readonly aliases?: readonly string[]
  readonly affected?: readonly {
    readonly package?: { readonly ecosystem: string; readonly name: string }
    readonly ranges?: readonly { readonly type: string; readonly events: readonly object[] }[]
    readonly versions?: readonly string[]
  }[]
}

/** What there is to match by, of a record as it is published. */
function countsOf({ aliases = [], affected = [] }: Raw) {
  const named = affected.filter(each => each.package)
  const ranges = named.flatMap(each => each.ranges ?? []).filter(({ type }) => type !== 'GIT')
  return {
    aliases: aliases.length,
    packages: named.length,
    ranges: ranges.length,
    events: ranges.flatMap(({ events }) => events.flatMap(event => Object.keys(event))).length,
    versions: named.flatMap(each => each.versions ?? []).length,
  }
}

describe('advisories as they are published', () => {
  onBothEngines((name, open) => {
    test(`go through without loss, and find what is known to be vulnerable, on ${name}`, async () => {
      await using opened = await open()
      await using own = await advisingOver(opened.engine)
      const raw = new Map<string, Raw>()
      const files = await zips()
      for (const file of files)
        for await (const { chunks } of documentsOf(file)) {
          const parts: Uint8Array[] = []
          for await (const chunk of chunks) parts.push(chunk)
          const record = JSON.parse(Buffer.concat(parts).toString()) as Raw
          raw.set(record.id, record)
        }
      const [ancient] = await seedPackages(opened.engine, [
        { ecosystem: 'PyPI', name: 'django', version: '1.8.0' },
        { ecosystem: 'PyPI', name: 'django', version: '99.0' },
        { ecosystem: 'Go', name: 'github.com/gin-gonic/gin', version: 'v1.5.0' },
        { ecosystem: 'Go', name: 'stdlib', version: '1.20.0' },
      ])
      const given = Object.fromEntries(
        await Promise.all(files.map(async file => [file.name, await readFile(file.path)])),
      )
      const { found } = await own.take(given)
      expect(found).toBeGreaterThan(100)
      const sources = await own.tables.sources.list(own.clock.now)
      expect(sources.reduce((sum, { records }) => sum + records, 0)).toBe(raw.size)
      let after = 0
      for (const [id, record] of raw) {
        const [kept] = (await own.tables.lookup.search({ id }, { limit: 100 })).filter(each => each.id === id)
        if (!kept) throw new Error(`${id} is not there.`)
        after += 1
        const head = JSON.parse(kept.head)
        const affected = kept.packages.map(each => JSON.parse(each.affected))
        expect([
          id,
          {
            aliases: head.aliases.length,
            packages: affected.length,
            ranges: affected.flatMap(each => each.ranges).length,
            events: affected.flatMap(each => each.ranges.flat()).length,
            versions: affected.flatMap(each => each.versions).length,
          },
        ]).toEqual([id, countsOf(record)])
      }
      expect(after).toBe(raw.size)
      const ids = await opened.engine.db
        .selectFrom('package_findings')
        .select('vulnerability')
        .where('package_id', '=', ancient as number)
        .execute()
      expect(ids.map(({ vulnerability }) => vulnerability)).toContain('CVE-2019-19844')
      expect((await own.take(given)).packages).toBe(0)
    })
  })
})
