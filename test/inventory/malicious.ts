import { Readable } from 'node:stream'
import { constants, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib'
import type { InventoryLimits } from '../../src/features/inventory/index.ts'
import { DEBIAN, dpkgStatus, OCI_LAYER } from './images.ts'
import { berkeleyOf, ndbOf, rpmHeaderOf, sqliteOf } from './rpm-databases.ts'
import { entryOf, headerOf, longNameOf, paxOf, type TarFile, tarOf } from './tar.ts'

/** What becomes of it: refused for a reason, or read with what is wrong told, or read as if nothing were. */
export type Expected =
  | { readonly refused: RegExp }
  | { readonly problem: RegExp }
  | { readonly packages: readonly string[] }

export interface Malice {
  readonly what: string
  readonly layers: () => Promise<readonly Layer[]> | readonly Layer[]
  readonly expected: Expected
  readonly limits?: Partial<InventoryLimits>
}

type Layer = Uint8Array | { readonly bytes: Uint8Array; readonly mediaType: string }

const MEBIBYTE = 1024 ** 2
const STATUS = 'var/lib/dpkg/status'
const good: TarFile = { name: STATUS, content: dpkgStatus('curl 1') }
const layer = (...files: readonly TarFile[]) => [tarOf(DEBIAN, good, ...files)]
const link = (name: string, linkName: string): TarFile => ({ name, type: '2', linkName })
const hard = (name: string, linkName: string): TarFile => ({ name, type: '1', linkName })
const rpm = (content: Uint8Array, name = 'rpmdb.sqlite') => layer({ name: `var/lib/rpm/${name}`, content })
const headers = Array.from({ length: 40 }, (_, index) => rpmHeaderOf({ name: `p${index}`, version: '1', release: '1' }))

/** A tar file with one file of zeros, compressed as it is made. */
async function bombOf(bytes: number, compressor: NodeJS.ReadWriteStream): Promise<Buffer> {
  const zeros = Buffer.alloc(MEBIBYTE)
  function* parts() {
    yield headerOf({ name: 'zeros' }, bytes)
    for (let left = bytes; left > 0; left -= zeros.length) yield zeros
    yield Buffer.alloc(1024)
  }
  const pieces: Buffer[] = []
  for await (const piece of Readable.from(parts()).pipe(compressor)) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The same bytes changed in one place. */
function with32(bytes: Buffer, at: number, value: number, isLittle = true): Buffer {
  const changed = Buffer.from(bytes)
  if (isLittle) changed.writeUInt32LE(value, at)
  else changed.writeUInt32BE(value, at)
  return changed
}

const read = { packages: ['curl 1'] }

export const MALICE: readonly Malice[] = [
  {
    what: 'a gzip bomb',
    layers: async () => [await bombOf(700 * MEBIBYTE, createGzip())],
    expected: { refused: /unpacks to more than 250 times its size/ },
  },
  {
    what: 'a zstd bomb',
    layers: async () => [await bombOf(700 * MEBIBYTE, createZstdCompress())],
    expected: { refused: /unpacks to more than 250 times its size/ },
  },
  {
    what: 'more than may be unpacked, over several layers',
    layers: () =>
      Array.from({ length: 4 }, (_, index) => tarOf({ name: `f${index}`, content: Buffer.alloc(MEBIBYTE) })),
    expected: { refused: /more than 3145728 unpacked bytes/ },
    limits: { unpackedBytes: 3 * MEBIBYTE },
  },
  {
    what: 'a bomb within a bomb: what is in a layer is not unpacked again',
    layers: async () => layer({ name: 'bomb.gz', content: gzipSync(gzipSync(Buffer.alloc(50 * MEBIBYTE))) }),
    expected: read,
  },
  {
    what: 'a layer compressed twice',
    layers: () => [gzipSync(gzipSync(tarOf(good)))],
    expected: { refused: /damaged/ },
  },
  {
    what: 'a zstd frame that asks for a window of 2 GiB',
    layers: () => [
      zstdCompressSync(tarOf(good), {
        params: { [constants.ZSTD_c_windowLog]: 31, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
      }),
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]),
    ],
    expected: { refused: /cannot be decompressed/ },
  },
  {
    what: 'a path that leads out of the root',
    layers: () => layer({ name: '../../etc/shadow', content: 'x' }),
    expected: { refused: /leads out of the image/ },
  },
  {
    what: 'a path that leads out of the root after it led in',
    layers: () => layer({ name: 'a/b/../../../etc/shadow', content: 'x' }),
    expected: { refused: /leads out of the image/ },
  },
  {
    what: 'absolute paths, which are paths of the image',
    layers: () => [tarOf(DEBIAN, { ...good, name: `//${STATUS}` })],
    expected: read,
  },
  {
    what: 'a database whose path is written with dots, so that it is not recognised',
    layers: () => [tarOf(DEBIAN, { ...good, name: './var/../var/./lib//dpkg/status' })],
    expected: read,
  },
  {
    what: 'a symbolic link to itself, with a file behind it',
    layers: () => layer(link('loop', 'loop'), { name: 'loop/file', content: 'x' }),
    expected: { refused: /lead in a circle/ },
  },
  {
    what: 'symbolic links that lead to each other, with a database behind them',
    layers: () => [tarOf(DEBIAN, link('a', 'b/c'), link('b', '/a'), link('var', 'a')), tarOf(good)],
    expected: { refused: /lead in a circle/ },
  },
  {
    what: 'symbolic links that double the path at every step',
    layers: () =>
      layer(...Array.from({ length: 30 }, (_, index) => link(`l${index}`, `l${index + 1}/../l${index + 1}`)), {
        name: 'l0/file',
        content: 'x',
      }),
    expected: { refused: /lead in a circle/ },
  },
  {
    what: 'a symbolic link out of the root, which leads to the root',
    layers: () => [tarOf(DEBIAN, link('escape', '../../../..')), tarOf({ ...good, name: `escape/${STATUS}` })],
    expected: { packages: [] },
  },
  {
    what: 'a hard link to a file outside of the root',
    layers: () => layer(hard('passwords.pkg', '../../../../etc/shadow')),
    expected: { refused: /leads out of the image/ },
  },
  {
    what: 'a hard link to a file that is not there',
    layers: () => layer(hard('a.pkg', 'nowhere')),
    expected: { problem: /hard link to a file that is not in its layer/ },
  },
  {
    what: 'a hard link to itself',
    layers: () => layer(hard('a.pkg', 'a.pkg')),
    expected: { problem: /hard link to a file that is not in its layer/ },
  },
  {
    what: 'a million files',
    layers: () => {
      const header = headerOf({ name: 'empty' }, 0)
      return [gzipSync(Buffer.alloc(header.length * 1_000_000, header), { level: 1 })]
    },
    expected: { refused: /more than 200000 files and folders/ },
    limits: { entries: 200_000 },
  },
  {
    what: 'a pax header of 100 MiB',
    layers: () => [headerOf({ name: 'x', type: 'x' }, 100 * MEBIBYTE)],
    expected: { refused: /a header of 104857600 bytes/ },
  },
  {
    what: 'a long name of 100 MiB',
    layers: () => [headerOf({ name: '././@LongLink', type: 'L' }, 100 * MEBIBYTE)],
    expected: { refused: /a header of 104857600 bytes/ },
  },
  {
    what: 'a pax header whose lengths are wrong',
    layers: () => layer({ name: 'x', type: 'x', content: '999 path=a\n' }),
    expected: { refused: /pax header in it is not well formed/ },
  },
  {
    what: 'a pax header without an end of its last record',
    layers: () => layer({ name: 'x', type: 'x', content: '11 path=abcd' }),
    expected: { refused: /pax header in it is not well formed/ },
  },
  {
    what: 'a size below zero',
    layers: () => layer({ name: 'a', forge: header => header.fill(0xff, 124, 136) }),
    expected: { refused: /size in a tar header is below zero/ },
  },
  {
    what: 'a size below zero in a pax header',
    layers: () => layer(paxOf([['size', '-1']]), { name: 'a' }),
    expected: { refused: /size in a pax header is no number/ },
  },
  {
    what: 'a size of more than all disks of the world',
    layers: () => layer({ name: 'a', forge: header => header.fill(0x7f, 125, 136).writeUInt8(0x80, 124) }),
    expected: { refused: /impossibly large/ },
  },
  {
    what: 'a size that is no number',
    layers: () => layer({ name: 'a', forge: header => header.write('12x45', 124) }),
    expected: { refused: /size in a tar header is no number/ },
  },
  {
    what: 'a database that says it has 100 GiB',
    layers: () => [Buffer.concat([entryOf(DEBIAN), headerOf({ name: STATUS, forge: giant }, 0), Buffer.alloc(9000)])],
    expected: { refused: /database of installed packages is too large/ },
  },
  {
    what: 'a database that says it has 200 MiB, and ends',
    layers: () => [Buffer.concat([headerOf({ name: STATUS }, 200 * MEBIBYTE), Buffer.alloc(9000)])],
    expected: { refused: /cut short/ },
  },
  {
    what: 'files to be read that are too large together',
    layers: () => layer(...['a', 'b', 'c'].map(name => ({ name: `${name}.pkg`, content: Buffer.alloc(MEBIBYTE) }))),
    expected: { refused: /more than 2097152 bytes of files to look for packages in/ },
    limits: { filesBytes: 2 * MEBIBYTE },
  },
  {
    what: 'a layer that is cut short within a header',
    layers: () => [tarOf(DEBIAN, good).subarray(0, 700)],
    expected: { refused: /cut short/ },
  },
  {
    what: 'a gzip stream that is cut short',
    layers: () => [gzipSync(tarOf(DEBIAN, good)).subarray(0, -20)],
    expected: { refused: /cannot be decompressed|cut short/ },
  },
  {
    what: 'a zstd stream that is cut short',
    layers: () => [zstdCompressSync(tarOf(DEBIAN, good)).subarray(0, -20)],
    expected: { refused: /cannot be decompressed|cut short/ },
  },
  {
    what: 'a gzip stream of a wrong checksum',
    layers: () => {
      const bytes = gzipSync(Buffer.concat([entryOf(DEBIAN), entryOf(good)]))
      bytes.writeUInt32LE(1, bytes.length - 8)
      return [bytes]
    },
    expected: { refused: /cannot be decompressed/ },
  },
  {
    what: 'a header of a wrong checksum',
    layers: () => layer({ name: 'a', damage: header => header.write('b', 0) }),
    expected: { refused: /wrong checksum/ },
  },
  {
    what: 'an empty block in the middle, behind which a database hides',
    layers: () => [Buffer.concat([entryOf(DEBIAN), Buffer.alloc(512), entryOf(good)])],
    expected: { refused: /empty block between its files/ },
  },
  {
    what: 'a name with a NUL',
    layers: () => layer(paxOf([['path', 'var/lib/dpkg/status\0.txt']]), { name: 'a', content: 'x' }),
    expected: { refused: /NUL/ },
  },
  {
    what: 'a path of 10,000 characters',
    layers: () => layer(longNameOf('x'.repeat(10_000)), { name: 'a' }),
    expected: { refused: /a path of 10000 characters/ },
  },
  {
    what: 'a thousand folders inside each other',
    layers: () => layer(longNameOf('x/'.repeat(1000)), { name: 'a' }),
    expected: { refused: /more than 256 folders inside each other/ },
  },
  {
    what: 'a symbolic link to a path of 10,000 characters',
    layers: () => layer(longNameOf('x'.repeat(10_000), 'K'), link('a', 'b')),
    expected: { refused: /a symbolic link to a path of 10000 characters/ },
  },
  {
    what: 'links that are more than memory is for',
    layers: () => layer(...Array.from({ length: 2000 }, (_, index) => link(`l${index}`, 'x'.repeat(90)))),
    expected: { refused: /more than 100000 bytes of links/ },
    limits: { linkBytes: 100_000 },
  },
  {
    what: 'devices and pipes, and a device with the name of a database',
    layers: () => [
      tarOf(DEBIAN, good, ...['3', '4', '6'].map(type => ({ name: `dev/${type}`, type, sizeBytes: 1024 ** 3 }))),
      tarOf({ name: STATUS, type: '3' }),
    ],
    expected: { packages: [] },
  },
  {
    what: 'a database twice in one layer: the last counts',
    layers: () => [tarOf(DEBIAN, { ...good, content: dpkgStatus('wget 1') }, good)],
    expected: read,
  },
  {
    what: 'a whiteout of nothing, of its folder and of the folder above',
    layers: () => layer({ name: 'var/.wh...' }),
    expected: { refused: /whiteout that names no file/ },
  },
  {
    what: 'a file with a hole of 1 TiB, with the name of a database',
    layers: () => [
      tarOf(
        paxOf([
          ['GNU.sparse.major', '0'],
          ['GNU.sparse.name', STATUS],
          ['GNU.sparse.size', String(2 ** 40)],
          ['GNU.sparse.map', '0,1'],
        ]),
        { name: 'x', content: 'x' },
      ),
    ],
    expected: { refused: /database of installed packages is too large/ },
  },
  {
    what: 'a file with holes whose pieces overlap',
    layers: () =>
      layer(
        paxOf([
          ['GNU.sparse.size', '100'],
          ['GNU.sparse.map', '0,10,5,10'],
        ]),
        { name: 'a.pkg', content: 'x'.repeat(20) },
      ),
    expected: { refused: /its pieces overlap/ },
  },
  {
    what: 'a file with holes whose list of pieces does not end',
    layers: () => {
      const block = Buffer.alloc(512)
      for (let at = 0; at < 504; at += 24) block.write('00000000000\x0000000000000\0', at)
      block[504] = 1
      const first = headerOf(
        { name: 'a', type: 'S', forge: header => header.write('ustar  \0', 257) && header.writeUInt8(1, 482) },
        0,
      )
      return [Buffer.concat([first, Buffer.alloc(512 * 4000, block)])]
    },
    expected: { refused: /more than 65536 pieces/ },
  },
  {
    what: 'a media type of something else',
    layers: () => [...layer(), { bytes: Buffer.from('x'), mediaType: 'text/html' }],
    expected: { problem: /media type is "text\/html"/ },
  },
  {
    what: 'a compression nobody reads',
    layers: () => [Buffer.from('BZh91AY&SY')],
    expected: { refused: /bzip2/ },
  },
  {
    what: 'garbage',
    layers: () => [
      {
        bytes: Buffer.from(new Bun.CryptoHasher('sha512').update('x').digest().toString('hex').repeat(99)),
        mediaType: OCI_LAYER,
      },
    ],
    expected: { refused: /damaged/ },
  },
  {
    what: 'nothing at all, which is a layer without files',
    layers: () => [...layer(), Buffer.alloc(0)],
    expected: read,
  },
  {
    what: 'a package whose name is a megabyte',
    layers: () => [
      tarOf(DEBIAN, {
        name: STATUS,
        content: `Package: ${'x'.repeat(MEBIBYTE)}\nVersion: 1\n\nPackage: curl\nVersion: 1\n`,
      }),
    ],
    expected: { problem: /too long to be one/ },
  },
  {
    what: 'databases and licences whose lines are spaces, which patterns try in every way',
    layers: () => {
      const spaces = (field: string, end: string) => `${field}: x${' '.repeat(8000)}${end}\n`
      return [
        tarOf(
          DEBIAN,
          { name: STATUS, content: `${spaces('Status', 'y').repeat(200)}${dpkgStatus('curl 1')}` },
          { name: 'lib/apk/db/installed', content: `${spaces('P', 'y').repeat(200)}${' '.repeat(MEBIBYTE)}` },
          { name: 'usr/share/doc/curl/copyright', content: `License:${' '.repeat(MEBIBYTE / 2)}y` },
        ),
      ]
    },
    expected: read,
  },
  {
    what: 'more packages than any image has',
    layers: () => [tarOf(DEBIAN, { name: STATUS, content: 'Package: a\nVersion: 1\n\n'.repeat(5000) })],
    expected: { refused: /more than 1000 packages/ },
    limits: { packages: 1000 },
  },
  {
    what: 'a database of rpm in SQLite whose pages lead in a circle',
    layers: () =>
      rpm(
        circular(
          sqliteOf(
            Array.from({ length: 300 }, () => rpmHeaderOf({ name: 'a', version: '1', release: '1', padBytes: 100 })),
          ),
        ),
      ),
    expected: { problem: /rpm: page \d+ of the database is in two places at once/ },
  },
  {
    what: 'a database of rpm in SQLite that is cut short',
    layers: () => rpm(sqliteOf(headers).subarray(0, 20_000)),
    expected: { problem: /rpm: page \d+ of the database is not there/ },
  },
  {
    what: 'a database of rpm in SQLite with pages of no bytes',
    layers: () => rpm(with32(sqliteOf(headers), 16, 0)),
    expected: { problem: /rpm: the database has pages of 0 bytes/ },
  },
  {
    what: 'a Berkeley DB whose long value is a circle of pages',
    layers: () => rpm(with32(berkeleyOf(headers), 2 * 4096 + 16, 2), 'Packages'),
    expected: { problem: /rpm: page 2 of the database is in two places at once/ },
  },
  {
    what: 'a Berkeley DB that leads to a page beyond its end',
    layers: () => rpm(with32(berkeleyOf(headers), 2 * 4096 + 16, 0x7fff_ffff), 'Packages'),
    expected: { problem: /rpm: page 2147483647 of the database is not there/ },
  },
  {
    what: 'a database of rpm itself that leads beyond its end',
    layers: () => rpm(with32(ndbOf(headers), 40, 0xffff_ffff), 'Packages.db'),
    expected: { problem: /rpm: the database says where package 1 is, and it is not there/ },
  },
  {
    what: 'a database of rpm itself with more slots than bytes',
    layers: () => rpm(with32(ndbOf(headers), 12, 0x7fff_ffff), 'Packages.db'),
    expected: { problem: /rpm: the slots of the database reach beyond its end/ },
  },
  {
    what: 'a header of an rpm that says it has a billion tags',
    layers: () => rpm(ndbOf([with32(headers[0] as Buffer, 0, 1e9, false)]), 'Packages.db'),
    expected: { problem: /rpm: the header of a package is cut short/ },
  },
  {
    what: 'a database of rpm that is none',
    layers: () => rpm(Buffer.from('<html>')),
    expected: { problem: /rpm: it is a database neither of SQLite/ },
  },
]

function giant(header: Buffer): void {
  header.fill(0, 124, 136).writeUInt8(0x80, 124)
  header.writeUInt32BE(25, 128)
}

/** Every inner page of a table leads to itself. */
function circular(database: Buffer): Buffer {
  const changed = Buffer.from(database)
  for (let page = 4096; page < changed.length; page += 4096)
    if (changed[page] === 5) changed.writeUInt32BE(page / 4096 + 1, page + 8)
  return changed
}
