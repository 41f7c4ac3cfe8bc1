import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'

const ROOT = join(import.meta.dir, '../..')
const files = (pattern: string) => [...new Glob(pattern).scanSync(ROOT)].sort()
const sources = files('src/**/*.ts').filter(file => !file.endsWith('.test.ts'))
const read = (file: string) => Bun.file(join(ROOT, file)).text()

async function lengths(paths: readonly string[]) {
  return Promise.all(paths.map(async path => ({ path, lines: (await read(path)).split('\n').length })))
}

test('a source file has at most 500 lines, half of them at most 90, and a test at most 600', async () => {
  const counted = await lengths(sources)
  // A contract is a test that every engine runs.
  const isContract = ({ path }: { path: string }) => path.endsWith('.contract.ts')
  expect(counted.filter(each => each.lines > (isContract(each) ? 600 : 500))).toEqual([])
  const sorted = counted.map(({ lines }) => lines).sort((one, other) => one - other)
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(90)
  expect((await lengths(files('test/**/*.ts'))).filter(({ lines }) => lines > 600)).toEqual([])
  expect(counted.length).toBeGreaterThan(100)
})

test('no room is a place for everything', () => {
  const dump = /(^|\/)(utils?|helpers?|common|shared|types|managers?|misc|base)(\/|\.ts$)/
  expect([...sources, ...files('test/**/*.ts')].filter(file => dump.test(file))).toEqual([])
})

test('names of files are in kebab-case', () => {
  const names = files('{src,test,bench}/**/*.ts').flatMap(file => file.split('/'))
  expect(names.filter(name => !/^(?:\d{4}-)?[a-z0-9]+(-[a-z0-9]+)*(\.(test|contract|d))?(\.ts)?$/.test(name))).toEqual(
    [],
  )
})

/** They go where the operator's own settings point, over their vendors' clients. */
const OTHER_WAYS_OUT = [
  // Directories that the operator named; ldapts opens its own sockets.
  'src/stores/directories/',
  'src/features/identity/external/requests.ts',
  'src/stores/blobs/s3/',
  'src/stores/blobs/azure/',
  'src/stores/blobs/gcs/',
  'src/stores/metadata/postgres/',
]
const WAY_OUT =
  /(?<![\w.])fetch\(|globalThis\.fetch|\bBun\.(connect|udpSocket)\b|\bnew (WebSocket|EventSource)\(|from '(node:)?(https?|http2|tls|dgram|undici)'|import (?!type\b)(?!\{ (type \w+|isIP) \})[^\n]* from '(node:)?net'/

test('only the guarded client opens connections to elsewhere, apart from the engines of storage and database', async () => {
  const callers: string[] = []
  for (const file of sources) if (WAY_OUT.test(await read(file))) callers.push(file)
  const isAllowed = (file: string) => [...OTHER_WAYS_OUT, 'src/platform/outbound/'].some(room => file.startsWith(room))
  expect(callers.filter(file => !isAllowed(file) && !file.endsWith('.contract.ts'))).toEqual([])
  // A pattern that finds nothing anywhere would pass too.
  expect(callers.filter(file => file.startsWith('src/platform/outbound/')).length).toBeGreaterThan(1)
  const planted = [
    "await fetch('http://x')",
    'globalThis.fetch(url)',
    'Bun.connect({})',
    "import { request } from 'node:https'",
    "import http from 'http'",
    "import { connect } from 'node:net'",
    "import net from 'node:net'",
    "import * as tls from 'node:tls'",
    "new WebSocket('ws://x')",
  ]
  expect(planted.filter(line => !WAY_OUT.test(line))).toEqual([])
  expect(["import { isIP } from 'node:net'", 'outbound.fetch(url)'].filter(line => WAY_OUT.test(line))).toEqual([])
})

test('no SQL is put together from what a client sends', async () => {
  const raw: string[] = []
  // Kysely binds every value; these are its ways around that, and the drivers'.
  for (const file of sources) if (/\bsql\.raw\(|\.unsafe\(/.test(await read(file))) raw.push(file)
  expect(raw.sort()).toEqual([
    // Statements that Kysely and pg-boss have written, with their values bound.
    'src/stores/jobs/postgres/boss.ts',
    // Triggers, written out in the files beside it.
    'src/stores/metadata/migrations/0011-usage.ts',
    'src/stores/metadata/postgres/postgres-engine.ts',
    // Words of its own: insert, update, delete.
    'src/stores/metadata/refuse-changes.ts',
  ])
})

test('no error is swallowed: every empty catch is gone', async () => {
  const empty: string[] = []
  for (const file of sources) if (/catch\s*(\([^)]*\))?\s*\{\s*\}/.test(await read(file))) empty.push(file)
  expect(empty).toEqual([])
})

test('every page of docs is reachable from the README, and every page it names is there', async () => {
  const linked = new Set<string>()
  const visit = async (file: string): Promise<void> => {
    if (linked.has(file)) return
    linked.add(file)
    for (const [, target = ''] of (await read(file)).matchAll(/\]\((?!https?:)([^)#]+\.md)\)/g)) {
      const path = join(file, '..', target)
      expect({ page: path, isThere: await Bun.file(join(ROOT, path)).exists() }).toEqual({ page: path, isThere: true })
      await visit(path)
    }
  }
  await visit('README.md')
  expect(files('docs/**/*.md').filter(page => !linked.has(page))).toEqual([])
})
