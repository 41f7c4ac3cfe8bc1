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
  expect(counted.filter(({ lines }) => lines > 500)).toEqual([])
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
  expect(names.filter(name => !/^(?:\d{4}-)?[a-z0-9]+(-[a-z0-9]+)*(\.(test|contract))?(\.ts)?$/.test(name))).toEqual([])
})

test('nothing in src makes a request to anywhere, as long as there is no guarded client for it', async () => {
  const callers: string[] = []
  for (const file of sources) {
    if (/(?<![\w.])fetch\(|\bnode:https?'|\bnet\.connect\b|Bun\.connect/.test(await read(file))) callers.push(file)
  }
  expect(callers).toEqual([])
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
