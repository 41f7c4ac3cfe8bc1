import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type FileReader, Refused } from '../../src/features/inventory/index.ts'
import { DEBIAN, dpkgStatus, imageOf, LISTS, namesOf, read } from './images.ts'
import { applied, type Folder } from './layer-model.ts'
import { berkeleyOf, ndbOf, rpmHeaderOf, sqliteOf } from './rpm-databases.ts'
import { COMPRESS, longNameOf, paxOf, type TarFile, tarOf } from './tar.ts'

/** Each within what a whole suite may take; more with BERTH_FUZZ_RUNS. */
const numRuns = Number(process.env.BERTH_FUZZ_RUNS ?? 150)
const EVERYTHING: FileReader = { name: 'everything', wants: () => true, read: () => [] }

/** Where, and what is put there instead. */
const damage = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 8 })),
  {
    minLength: 1,
    maxLength: 6,
  },
)
const cut = fc.option(fc.double({ min: 0, max: 1, noNaN: true }))

function damaged(bytes: Uint8Array, places: readonly (readonly [number, Uint8Array])[], end: number | null): Buffer {
  const changed = Buffer.from(bytes)
  for (const [place, bytes] of places)
    changed.set(
      bytes.subarray(0, changed.length - Math.floor(place * changed.length)),
      Math.floor(place * changed.length),
    )
  return end === null ? changed : changed.subarray(0, Math.floor(end * changed.length))
}

/** It is read or refused; anything else is a fault of the reader. */
async function readsOrRefuses(
  layers: readonly Uint8Array[],
  readers: readonly FileReader[] = [LISTS, EVERYTHING],
): Promise<void> {
  try {
    const { packages, problems } = await read(imageOf(layers), { readers, timeMs: 20_000 })
    expect(packages.length + problems.length).toBeLessThan(5000)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    expect(error.message).not.toContain('longer than')
  }
}

const headers = Array.from({ length: 30 }, (_, index) =>
  rpmHeaderOf({ name: `p${index}`, version: '1', release: '1', epoch: 2, padBytes: index * 400 }),
)
const files: readonly TarFile[] = [
  DEBIAN,
  { name: 'var/lib/dpkg/status', content: dpkgStatus('curl 1', 'wget 2') },
  { name: 'lib/apk/db/installed', content: 'P:musl\nV:1\nA:x\n\nP:zlib\nV:2\n' },
  paxOf([
    ['path', 'a/very/long.pkg'],
    ['mtime', '1.5'],
    ['size', '4'],
  ]),
  { name: 'x', content: 'a 1\n' },
  longNameOf(`${'folder/'.repeat(20)}b.pkg`),
  { name: 'y', content: 'b 1\n' },
  { name: 'lib', type: '2', linkName: 'usr/lib' },
  { name: 'usr/c.pkg', type: '1', linkName: 'a/very/long.pkg' },
  { name: 'app/.wh..wh..opq' },
  paxOf([
    ['GNU.sparse.major', '0'],
    ['GNU.sparse.name', 'd.pkg'],
    ['GNU.sparse.size', '516'],
    ['GNU.sparse.map', '512,4'],
  ]),
  { name: 'z', content: 'd 1\n' },
]
const tar = tarOf(...files)

describe('bytes that were changed are read or refused:', () => {
  test.each(['tar', 'gzip', 'zstd'] as const)('of a layer of %s', async how => {
    const whole = COMPRESS[how](tar)
    await fc.assert(
      fc.asyncProperty(damage, cut, (places, end) => readsOrRefuses([damaged(whole, places, end)])),
      { numRuns },
    )
  })

  // A wrong checksum hides what comes after: here every checksum is made right again.
  test('of headers whose checksums are right', async () => {
    const field = fc.record({
      at: fc.integer({ min: 0, max: 511 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    })
    const change = fc.record({
      file: fc.nat(files.length - 1),
      fields: fc.array(field, { minLength: 1, maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async changes => {
        const forged = files.map((file, index) => ({
          ...file,
          forge(header: Buffer) {
            for (const { file: which, fields } of changes)
              if (which === index) for (const { at, bytes } of fields) header.set(bytes.subarray(0, 512 - at), at)
          },
        }))
        await readsOrRefuses([tarOf(...forged)])
      }),
      { numRuns },
    )
  })

  test.each([
    ['SQLite', 'rpmdb.sqlite', sqliteOf(headers)],
    ['rpm itself', 'Packages.db', ndbOf(headers)],
    ['Berkeley DB', 'Packages', berkeleyOf(headers)],
  ] as const)('of a database of %s', async (_, name, database) => {
    // Most of a database is padding here: what matters lies at its beginning.
    const early = damage.map(places => places.map(([place, bytes]) => [place ** 3, bytes] as const))
    await fc.assert(
      fc.asyncProperty(early, cut, (places, end) =>
        readsOrRefuses([tarOf(DEBIAN, { name: `var/lib/rpm/${name}`, content: damaged(database, places, end) })], []),
      ),
      { numRuns },
    )
  })
})

describe('any bytes are read or refused:', () => {
  test.each([
    'layer',
    'etc/os-release',
    'var/lib/dpkg/status',
    'lib/apk/db/installed',
    'var/lib/rpm/Packages',
    'var/lib/rpmmanifest/container-manifest-2',
  ])('as %s', async name => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 4096 }),
      fc
        .string({
          unit: fc.constantFrom(
            'P',
            ':',
            'V',
            '=',
            '"',
            "'",
            '\\',
            '\n',
            '\t',
            ' ',
            'Package: ',
            'Version: ',
            'ID=',
            'RpmP',
            'SQLite format 3\0',
            '\0',
          ),
        })
        .map(text => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, content =>
        readsOrRefuses([name === 'layer' ? content : tarOf(DEBIAN, { name, content })], []),
      ),
      { numRuns },
    )
  })

  test('as a pax header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, length) =>
        readsOrRefuses([
          tarOf({ name: 'x', type: 'x', content: Buffer.concat([Buffer.from(`${length} `), bytes]) }, { name: 'a' }),
        ]),
      ),
      { numRuns },
    )
  })
})

test('layers on top of each other leave what a folder would hold after them', async () => {
  const name = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
  const step = fc.record({ kind: fc.constantFrom('put', 'whiteout', 'opaque', 'folder'), name })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async layers => {
      const folder: Folder = new Map()
      const made = layers.map((steps, layer) =>
        tarOf(...steps.map((one, at) => applied(folder, one, { version: layer * 100 + at, layer }))),
      )
      const reader = { ...LISTS, wants: () => true }
      expect(namesOf(await read(imageOf(made), { readers: [reader] }))).toEqual(
        [...folder].map(([path, { version }]) => `${path} ${version}`).sort(),
      )
    }),
    { numRuns: 2 * numRuns },
  )
})
