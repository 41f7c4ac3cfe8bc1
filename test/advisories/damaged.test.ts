import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { pack } from 'tar-stream'
import { readDocument } from '../../src/features/advisories/formats/index.ts'
import { toRecord } from '../../src/features/advisories/stored-record.ts'
import { documentsOf, packFolder } from '../../src/stores/advisory-files/index.ts'
import { csaf } from './csaf.ts'
import { osv } from './store.ts'
import { zipOf } from './zip.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-damaged-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const RECORDS = {
  'a.json': JSON.stringify(osv('A', 'npm', 'x', [{ introduced: '0' }])),
  'b.json': JSON.stringify(csaf('CVE-2026-1')),
}

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text)
  archive.finalize()
  const parts: Uint8Array[] = []
  for await (const chunk of archive) parts.push(chunk as Uint8Array)
  return Buffer.concat(parts)
}

/** Everything that is in a file, to its end. */
async function readAll(bytes: Uint8Array): Promise<readonly string[]> {
  const path = join(folder, crypto.randomUUID())
  await writeFile(path, bytes)
  const found: string[] = []
  for await (const document of documentsOf({ name: 'x.zip', path, sizeBytes: bytes.length }))
    for await (const heard of readDocument(document))
      found.push(...(heard.advisories ?? []).map(each => toRecord(each).id))
  await rm(path)
  return found
}

describe('whatever it is packed in', () => {
  const packed = async () => {
    const tar = await tarOf(RECORDS)
    return { zip: zipOf(RECORDS), tar, 'tar.gz': gzipSync(tar), 'tar.zst': zstdCompressSync(tar) }
  }

  test('all of it is read', async () => {
    for (const [kind, bytes] of Object.entries(await packed()))
      expect([kind, await readAll(bytes)]).toEqual([kind, ['A', 'CVE-2026-1']])
    expect(await readAll(gzipSync(RECORDS['a.json']))).toEqual(['A'])
    expect(await readAll(Buffer.from(`\uFEFF${RECORDS['a.json']}`))).toEqual(['A'])
  })

  test('a file that is cut short anywhere is refused', async () => {
    for (const [kind, bytes] of Object.entries(await packed())) {
      for (let part = 1; part < 12; part += 1) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 12))
        const outcome = await readAll(cut).then(
          ids => `read ${ids}`,
          error => error.name,
        )
        expect([kind, part, outcome]).toEqual([kind, part, expect.stringMatching(/^(BadFile|BadRecord)$/)])
      }
    }
  })

  test('a file with some bytes changed is read or refused, and neither hangs nor fails in another way', async () => {
    const all = Object.values(await packed())
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...all),
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (bytes, changes) => {
          const damaged = Uint8Array.from(bytes)
          for (const [at, byte] of changes) damaged[Math.floor(at * damaged.length)] = byte
          const outcome = await readAll(damaged).then(
            () => 'read',
            error => error.name,
          )
          expect(['read', 'BadFile', 'BadRecord']).toContain(outcome)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a folder goes there and back', async () => {
    const stream: Uint8Array[] = []
    await writeFile(join(folder, 'one.json'), RECORDS['a.json'])
    for await (const chunk of packFolder(join(folder, 'one.json'))) stream.push(chunk)
    expect(await readAll(Buffer.concat(stream))).toEqual(['A'])
  })
})

/** Documents of each format with any value in the place of any other. */
const SHAPES: readonly object[] = [
  osv('A', 'npm', 'x', [{ introduced: '0' }]),
  csaf('CVE-2026-1'),
  { openssl: { 'CVE-2026-1': { releases: { bookworm: { status: 'open' } } } } },
  { reponame: 'main', distroversion: 'v3.19', packages: [{ pkg: { name: 'x', secfixes: { '1': ['CVE-2026-1'] } } }] },
  { catalogVersion: '1', vulnerabilities: [{ cveID: 'CVE-2026-1' }] },
]

test('a document of whatever shape is read or refused', async () => {
  const anything = fc.jsonValue({ maxDepth: 2 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SHAPES), fc.nat(1000), anything, async (shape, place, value) => {
      let at = 0
      const spots = countOf(shape) - 1
      const text = JSON.stringify(shape, (_key, each) => (at++ === 1 + (place % spots) ? value : each))
      const chunks = (async function* () {
        yield new TextEncoder().encode(text)
      })()
      try {
        for await (const { advisories = [] } of readDocument({ name: 'x.json', chunks }))
          for (const each of advisories) toRecord(each)
      } catch (error) {
        expect((error as Error).name).toBe('BadRecord')
      }
    }),
    { numRuns: 2000 },
  )
})

function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return 1 + Object.values(value).reduce((sum: number, each) => sum + countOf(each), 0)
}
