import { describe, expect, test } from 'bun:test'
import { DEBIAN, dpkgStatus, imageOf, imageWith, LISTS, namesOf, OCI_LAYER, read } from './images.ts'
import { COMPRESS, entryOf, headerOf, longNameOf, padding, paxOf, type TarFile, tarOf } from './tar.ts'

const STATUS = 'var/lib/dpkg/status'
const status = (...packages: readonly string[]): TarFile => ({ name: STATUS, content: dpkgStatus(...packages) })
const list = (name: string, content: string): TarFile => ({ name, content })
const readers = [LISTS]

describe('a layer is read', () => {
  test.each(['tar', 'gzip', 'zstd'] as const)('as %s, whatever its media type says', async how => {
    const image = imageOf([COMPRESS[how](tarOf(DEBIAN, status('curl 7.88.1-10')))])
    const { distribution, packages, problems } = await read(image)
    expect(distribution).toEqual({ id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)' })
    expect(packages).toEqual([
      {
        ecosystem: 'Debian:12',
        name: 'curl',
        version: '7.88.1-10',
        source: { name: 'curl', version: '7.88.1-10' },
        purl: 'pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12',
        licences: [],
        path: STATUS,
        layer: image.layers[0]?.digest as never,
      },
    ])
    expect(problems).toEqual([])
  })

  test.each([1, 7, 511, 513])('in pieces of %i bytes', async pieceBytes => {
    const image = imageOf([tarOf(DEBIAN, list('empty', ''), list('a.pkg', 'a 1\nb 2'), status('curl 1'))], pieceBytes)
    expect(namesOf(await read(image, { readers }))).toEqual(['a 1', 'b 2', 'curl 1'])
  })

  test('that is several gzip members, or zstd frames with some to be skipped', async () => {
    const tar = tarOf(status('curl 1'))
    const [one, two] = [tar.subarray(0, 700), tar.subarray(700)]
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
    const { gzip, zstd } = COMPRESS
    for (const layer of [
      [gzip(one), gzip(two)],
      [skipped, zstd(one), skipped, zstd(two), skipped],
    ])
      expect(namesOf(await read(imageOf([Buffer.concat(layer)])))).toEqual(['curl 1'])
  })

  test('without an end-of-archive block, and nothing that stands after one', async () => {
    const tar = tarOf(status('curl 1'))
    expect(namesOf(await read(imageOf([tar.subarray(0, -1024)])))).toEqual(['curl 1'])
    expect(namesOf(await read(imageOf([Buffer.concat([tar, tarOf(status('wget 1'))])])))).toEqual(['curl 1'])
  })

  test('with names in pax and GNU headers, of base-256 sizes and of a prefix', async () => {
    const long = `${'folder/'.repeat(30)}a.pkg`
    const inBase256: TarFile = {
      ...list('b.pkg', 'b 1'),
      forge: header => header.fill(0, 124, 136).writeUInt8(0x80, 124) && header.writeUInt32BE(3, 132),
    }
    const withPrefix: TarFile = { ...list('c.pkg', 'c 1'), forge: header => header.write('of/c', 345) }
    const gnu: TarFile = {
      ...withPrefix,
      forge: header => header.write('ustar  \0', 257) && header.write('12345', 345),
    }
    const image = imageWith(
      [paxOf([['path', long]]), list('short', 'a 1')],
      [longNameOf(long.replace('a.pkg', 'd.pkg')), list('short', 'd 1')],
      [inBase256, withPrefix],
      [gnu],
      [
        paxOf([
          ['size', '3'],
          ['path', 'e.pkg'],
        ]),
        { ...list('e', 'e 1'), sizeBytes: 0 },
      ],
    )
    const { packages } = await read(image, { readers })
    expect(packages.map(({ path, name }) => `${path} ${name}`).sort()).toEqual(
      ['b.pkg b', 'c.pkg c', 'e.pkg e', `${long} a`, `${long.replace('a.pkg', 'd.pkg')} d`, 'of/c/c.pkg c'].sort(),
    )
  })

  test('with the holes of its files, in each way that they are written', async () => {
    const content = `${'\0'.repeat(512)}a 1\n`
    const stored = 'a 1\n'
    const old: TarFile = {
      ...list('old.pkg', stored),
      type: 'S',
      forge(header) {
        header.write('ustar  \0', 257)
        header.write('00000001000\0', 386)
        header.write('00000000004\0', 398)
        header.write('00000001004\0', 483)
      },
    }
    const map = '1\n512\n4\n'
    const image = imageWith([
      old,
      paxOf([
        ['GNU.sparse.major', '0'],
        ['GNU.sparse.minor', '1'],
        ['GNU.sparse.name', 'new.pkg'],
        ['GNU.sparse.size', '516'],
        ['GNU.sparse.map', '512,4'],
      ]),
      list('x', stored),
      paxOf([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.name', 'newest.pkg'],
        ['GNU.sparse.realsize', '516'],
      ]),
      list('x', map + '\0'.repeat(padding(map.length)) + stored),
      list('after.pkg', 'b 1'),
    ])
    const seen: string[] = []
    const reader = {
      ...LISTS,
      read(file: { bytes: Uint8Array; path: string }) {
        seen.push(`${file.path} ${Buffer.from(file.bytes).toString() === content}`)
        return []
      },
    }
    await read(image, { readers: [reader] })
    expect(seen).toEqual(['old.pkg true', 'new.pkg true', 'newest.pkg true', 'after.pkg false'])
  })

  test('unless it is none of a file system, encrypted or not held: that is told', async () => {
    const layer = tarOf(status('curl 1'))
    const image = imageOf([
      layer,
      { bytes: Buffer.from('{}'), mediaType: 'application/vnd.in-toto+json' },
      { bytes: Buffer.from('?'), mediaType: `${OCI_LAYER}+encrypted` },
      { bytes: Buffer.from('!'), mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' },
    ])
    const [, , , foreign] = image.layers
    const { packages, problems } = await read({
      ...image,
      open: (digest, signal) => (digest === foreign?.digest ? Promise.resolve(undefined) : image.open(digest, signal)),
    })
    expect(packages.length).toBe(1)
    expect(problems.map(({ reason }) => reason.replace(/sha256:\w+/, 'D'))).toEqual([
      'Layer D was not read: its media type is "application/vnd.in-toto+json", which is none of a file system.',
      'Layer D was not read: it is encrypted.',
      'Layer D was not read: the registry does not hold it.',
    ])
  })
})

describe('an upper layer', () => {
  const base = [DEBIAN, status('curl 1'), list('app/a.pkg', 'a 1'), list('app/sub/b.pkg', 'b 1')]
  const after = async (...upper: readonly TarFile[]) => namesOf(await read(imageWith(base, upper), { readers }))

  test('replaces files, and each package is of the layer that counts', async () => {
    const image = imageWith(base, [list('app/a.pkg', 'a 2')])
    const { packages } = await read(image, { readers })
    expect(
      packages.map(
        ({ name, version, layer }) => `${name} ${version} ${image.layers.findIndex(each => each.digest === layer)}`,
      ),
    ).toEqual(['a 2 1', 'b 1 0', 'curl 1 0'])
  })

  test('deletes files and folders by whiteouts', async () => {
    expect(await after(list('app/.wh.a.pkg', ''))).toEqual(['b 1', 'curl 1'])
    expect(await after(list('.wh.app', ''))).toEqual(['curl 1'])
    expect(await after(list('var/lib/.wh.dpkg', ''))).toEqual(['a 1', 'b 1'])
    expect(await after(list('.wh..wh.plnk', ''), list('.wh..wh.aufs', ''))).toEqual(['a 1', 'b 1', 'curl 1'])
  })

  test('empties folders by opaque whiteouts, wherever in the layer they stand', async () => {
    expect(await after(list('app/.wh..wh..opq', ''), list('app/c.pkg', 'c 1'))).toEqual(['c 1', 'curl 1'])
    expect(await after(list('app/c.pkg', 'c 1'), list('app/.wh..wh..opq', ''))).toEqual(['c 1', 'curl 1'])
    expect(await after(list('.wh..wh..opq', ''))).toEqual([])
  })

  test('keeps what it brings itself though it has a whiteout of the same name', async () => {
    expect(await after(list('app/a.pkg', 'a 2'), list('app/.wh.a.pkg', ''))).toEqual(['a 2', 'b 1', 'curl 1'])
  })

  test('puts other things where files and folders were', async () => {
    expect(await after(list('app', ''))).toEqual(['curl 1'])
    expect(await after({ name: 'app', type: '2', linkName: 'elsewhere' })).toEqual(['curl 1'])
    expect(await after({ name: 'app/a.pkg/', type: '5' })).toEqual(['b 1', 'curl 1'])
    expect(await after({ name: 'app/a.pkg', type: '6' })).toEqual(['b 1', 'curl 1'])
    expect(await after({ name: 'app/', type: '5' })).toEqual(['a 1', 'b 1', 'curl 1'])
  })

  test('writes through links of lower layers, and replaces them by folders', async () => {
    const linked = [
      ...base,
      { name: 'opt', type: '2', linkName: '/app/sub' },
      { name: 'app/up', type: '2', linkName: '..' },
    ]
    const through = async (...upper: readonly TarFile[]) => namesOf(await read(imageWith(linked, upper), { readers }))
    expect(await through(list('opt/b.pkg', 'b 2'))).toEqual(['a 1', 'b 2', 'curl 1'])
    expect(await through(list('opt/.wh.b.pkg', ''))).toEqual(['a 1', 'curl 1'])
    expect(await through(list('app/up/app/.wh.a.pkg', ''))).toEqual(['b 1', 'curl 1'])
    expect(await through({ name: 'opt', type: '5' }, list('opt/b.pkg', 'b 2'))).toEqual(['a 1', 'b 1', 'b 2', 'curl 1'])
    expect(await through(list('.wh.opt', ''), list('opt/b.pkg', 'b 2'))).toEqual(['a 1', 'b 1', 'b 2', 'curl 1'])
  })
})

describe('links', () => {
  test('to a file that is read count as the file', async () => {
    const image = imageWith(
      [list('a.pkg', 'a 1'), { name: 'again.pkg', type: '1', linkName: './a.pkg' }],
      [list('.wh.a.pkg', '')],
    )
    expect((await read(image, { readers })).packages.map(({ path }) => path)).toEqual(['again.pkg'])
  })

  test('to a file that nobody knows by its own name make the layer be read once more', async () => {
    const store = list('store/00ff', 'a 1')
    const image = imageWith([
      store,
      { name: 'a.pkg', type: '1', linkName: 'store/00ff' },
      { name: 'b.pkg', type: '1', linkName: 'store/00ff' },
    ])
    expect((await read(image, { readers })).packages.map(({ path }) => path)).toEqual(['a.pkg', 'b.pkg'])
    expect([...image.opened.values()]).toEqual([2])
    const broken = await read(imageWith([{ name: 'a.pkg', type: '1', linkName: 'gone' }]), { readers })
    expect(broken.problems).toEqual([{ path: 'a.pkg', reason: 'it is a hard link to a file that is not in its layer' }])
  })

  test('lead to databases that lie elsewhere', async () => {
    const moved = { ...status('curl 1'), name: 'opt/database/status' }
    const folder = { name: 'var/lib/dpkg', type: '2', linkName: '../../opt/database' }
    const file = { name: STATUS, type: '2', linkName: '/opt/database/status' }
    const release = { ...DEBIAN, name: 'usr/lib/os-release' }
    const link = { name: 'etc/os-release', type: '2', linkName: '../usr/lib/os-release' }
    for (const image of [imageWith([release, link, folder], [moved]), imageWith([moved, file], [release, link])]) {
      const { packages } = await read(image)
      expect(packages.map(({ ecosystem, name, path }) => `${ecosystem} ${name} ${path}`)).toEqual([
        `Debian:12 curl ${STATUS}`,
      ])
    }
  })
})

test('what a reader cannot read is told, and the rest is read', async () => {
  const failing = {
    name: 'failing',
    wants: () => true,
    read: () => {
      throw new Error('it is upside down')
    },
  }
  const { packages, problems } = await read(imageWith([list('a.pkg', 'a 1')]), { readers: [failing, LISTS] })
  expect(packages.length).toBe(1)
  expect(problems).toEqual([{ path: 'a.pkg', reason: 'failing: it is upside down' }])
})

test('of a large file that nobody wants nothing is kept', async () => {
  const header = headerOf({ name: 'large' }, 3 * 1024 ** 3)
  const zeros = new Uint8Array(8 * 1024 ** 2)
  const image = imageOf([Buffer.from('x')])
  let left = 384
  const before = process.memoryUsage.rss()
  const inventory = await read({
    layers: image.layers,
    async open() {
      const parts = [header, ...Array.from({ length: left }, () => zeros), entryOf(status('curl 1'))]
      return new ReadableStream({
        pull(controller) {
          const part = parts.shift()
          left--
          if (part) controller.enqueue(part)
          else controller.close()
        },
      })
    },
  })
  expect(namesOf(inventory)).toEqual(['curl 1'])
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1024 ** 2)
})
