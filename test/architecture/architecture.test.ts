import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ARCHITECTURE, BLOCK, cruise, mermaid, roomGraph } from './cruise.ts'

const ROOT = join(import.meta.dir, '../..')

test('imports point one way, rooms are entered by their index, and there is no cycle', async () => {
  const { modules, violations } = await cruise()
  expect(violations).toEqual([])
  // A cruiser that cannot read TypeScript finds nothing wrong in nothing.
  expect(modules.filter(module => module.source.startsWith('src/')).length).toBeGreaterThan(100)
})

test('no two rooms import each other, not even in a circle of several', async () => {
  const below = Map.groupBy(roomGraph(await cruise()), ([from]) => from)
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (below.get(from) ?? []).some(([, next]) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, to, seen)
    })
  expect([...below.keys()].filter(room => reaches(room, room))).toEqual([])
})

test('docs/architecture.md draws the rooms as they are (bun test/architecture/draw.ts draws them anew)', async () => {
  const drawn = BLOCK.exec(await Bun.file(ARCHITECTURE).text())?.[0]
  expect(drawn).toContain(mermaid(roomGraph(await cruise())))
})

describe('a breach is caught by its rule:', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-architecture-'))
    for (const name of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true })
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const breaches: readonly (readonly [rule: string, file: string, line: string])[] = [
    [
      'oci-is-the-ground',
      'oci/digest.ts',
      "import type { Log } from '../platform/telemetry/index.ts'; export type X = Log",
    ],
    ['oci-is-the-ground', 'oci/tag.ts', "import { z } from 'zod'; export const x = z"],
    [
      'platform-below-stores',
      'platform/clock/index.ts',
      "import type { BlobStore } from '../../stores/blobs/index.ts'; export type X = BlobStore",
    ],
    [
      'stores-below-features',
      'stores/blobs/index.ts',
      "import type { Principal } from '../../features/identity/index.ts'; export type X = Principal",
    ],
    [
      'features-below-entry',
      'features/content/lists.ts',
      "import type { Listener } from '../../entry/http/index.ts'; export type X = Listener",
    ],
    [
      'entry-never-touches-stores',
      'entry/distribution/blobs.ts',
      "import type { BlobStore } from '../../stores/blobs/index.ts'; export type X = BlobStore",
    ],
    [
      'features-know-store-types-only',
      'features/content/lists.ts',
      "import { filesystemBlobStores } from '../../stores/blobs/index.ts'; export const x = filesystemBlobStores",
    ],
    [
      'through-the-front-door',
      'entry/distribution/blobs.ts',
      "import { readBlob as y } from '../../features/content/blobs.ts'; export const x = y",
    ],
    [
      'through-the-front-door',
      'features/lifecycle/explain.ts',
      "import type { Schema } from '../../stores/metadata/schema.ts'; export type X = Schema",
    ],
    [
      'hub-knows-no-spoke',
      'features/content/lists.ts',
      "import type { CollectRules } from '../lifecycle/index.ts'; export type X = CollectRules",
    ],
    [
      'spokes-never-meet',
      'features/lifecycle/explain.ts',
      "import type { Finding } from '../integrity/index.ts'; export type X = Finding",
    ],
    [
      'content-is-the-hub-top',
      'features/identity/index.ts',
      "import type { ListPage } from '../content/index.ts'; export type X = ListPage<string>",
    ],
    [
      'no-cycle',
      'features/identity/index.ts',
      "import type { Access } from '../access/index.ts'; export type X = Access",
    ],
    [
      'config-ends-in-app',
      'features/access/index.ts',
      "import type { Config } from '../../app/config/index.ts'; export type X = Config",
    ],
    [
      'sql-lives-in-metadata',
      'features/lifecycle/explain.ts',
      "import { Database } from 'bun:sqlite'; export const x = Database",
    ],
    [
      'sql-lives-in-metadata',
      'stores/blobs/index.ts',
      "import type { Kysely } from 'kysely'; export type X = Kysely<object>",
    ],
    ['sql-lives-in-metadata', 'app/jobs.ts', "import { PgBoss } from 'pg-boss'; export const x = PgBoss"],
    [
      'disk-lives-in-stores',
      'features/lifecycle/explain.ts',
      "import { readFile } from 'node:fs/promises'; export const x = readFile",
    ],
    ['commands-are-parsed-in-app', 'entry/cli/gc.ts', "import { Command } from 'commander'; export const x = Command"],
  ]
  for (const [rule, file, line] of breaches) {
    test(`${rule}: src/${file}`, async () => {
      const path = join(folder, 'src', file)
      const before = (await Bun.file(path).exists()) ? await Bun.file(path).text() : undefined
      await Bun.write(path, `${line}\n${before ?? ''}`)
      const { violations } = await cruise(folder)
      await (before === undefined ? rm(path) : Bun.write(path, before))
      // A cycle is told from one of its files, which need not be the one that closed it.
      const told = violations.flatMap(({ rule, from, to }) => [
        `${rule} ${from}`,
        ...(rule === 'no-cycle' ? [`${rule} ${to}`] : []),
      ])
      expect(told).toContain(`${rule} src/${file}`)
    })
  }
})
