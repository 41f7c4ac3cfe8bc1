import { describe, expect, test } from 'bun:test'
import { DEBIAN, dpkgStatus, imageWith, read } from './images.ts'
import { berkeleyOf, type MadeRpm, ndbOf, rpmHeaderOf, sqliteOf } from './rpm-databases.ts'
import type { TarFile } from './tar.ts'

const release = (content: string, name = 'etc/os-release'): TarFile => ({ name, content })
const purlsOf = async (...files: readonly TarFile[]) => (await read(imageWith(files))).packages.map(({ purl }) => purl)

test.each([
  ['ID=debian\nVERSION_ID="12"', 'Debian:12'],
  ['ID=debian\nVERSION_CODENAME=trixie', 'Debian:13'],
  ['ID=debian\nVERSION_CODENAME=someday', 'Debian:someday'],
  ['ID=ubuntu\nVERSION_ID="22.04"\nVERSION="22.04.3 LTS (Jammy Jellyfish)"', 'Ubuntu:22.04:LTS'],
  ['ID=ubuntu\nVERSION_ID="23.10"\nVERSION="23.10 (Mantic Minotaur)"', 'Ubuntu:23.10'],
  ['ID=alpine\nVERSION_ID=3.19.1', 'Alpine:v3.19'],
  ['ID=alpine\nVERSION_ID=3.22_alpha20250108', 'Alpine:edge'],
  ['ID=wolfi\nVERSION_ID="20230201"', 'Wolfi'],
  ['ID=chainguard\nVERSION_ID="20230214"', 'Chainguard'],
  ['ID="rhel"\nVERSION_ID="9.3"', 'Red Hat:9'],
  ["ID='rocky'\nVERSION_ID='9.3'", 'Rocky Linux:9'],
  ['ID="almalinux"\nVERSION_ID="8.9"', 'AlmaLinux:8'],
  ['ID="amzn"\nVERSION_ID="2023"', 'Amazon Linux:2023'],
  ['ID="opensuse-leap"\nVERSION_ID="15.5"', 'openSUSE:Leap 15.5'],
  ['ID="sles"\nVERSION_ID="15.5"', 'SUSE:Linux Enterprise Server 15 SP5'],
  ['ID=made-up\nVERSION_ID=7', 'made-up:7'],
])('%j is %s', async (content, ecosystem) => {
  const image = imageWith([release(content), { name: 'var/lib/dpkg/status', content: 'Package: a\nVersion: 1\n' }])
  expect((await read(image)).packages.map(found => found.ecosystem)).toEqual([ecosystem])
})

describe('dpkg', () => {
  test('gives the source package, its version where it differs, and leaves out what is not installed', async () => {
    const content = [
      'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\nVersion: 2.36-9+deb12u4',
      'Package: libgcc-s1\nStatus: install ok installed\nArchitecture: amd64\nSource: gcc-12 (12.2.0-14)\nVersion: 1:12.2.0-14',
      'Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1',
      'Package: never\nStatus: unknown ok not-installed\nArchitecture: amd64',
      'Package: half\nStatus: install ok half-configured\nArchitecture: all\nVersion: 2\nDescription: it says\n Package: no\n Version: 3',
    ].join('\n\n')
    const { packages } = await read(imageWith([DEBIAN, { name: 'var/lib/dpkg/status', content }]))
    expect(packages.map(({ name, version, source }) => [name, version, source?.name, source?.version])).toEqual([
      ['half', '2', 'half', '2'],
      ['libc6', '2.36-9+deb12u4', 'glibc', '2.36-9+deb12u4'],
      ['libgcc-s1', '1:12.2.0-14', 'gcc-12', '12.2.0-14'],
    ])
    expect(packages.map(({ purl }) => purl).slice(1)).toEqual([
      'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc',
      'pkg:deb/debian/libgcc-s1@1:12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14',
    ])
  })

  test('says its licences in a file of each package, which several may share', async () => {
    const format = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
    const { packages } = await read(
      imageWith([
        DEBIAN,
        { name: 'var/lib/dpkg/status', content: dpkgStatus('gcc-12-base 1', 'libgcc-s1 1', 'old 1', 'silent 1') },
        {
          name: 'usr/share/doc/gcc-12-base/copyright',
          content: `${format}\n\nFiles: *\nLicense: GPL-3+\n\nFiles: a\nLicense: MIT \n\nLicense: GPL-3+\n The text.\n`,
        },
        { name: 'usr/share/doc/libgcc-s1', type: '2', linkName: 'gcc-12-base' },
        { name: 'usr/share/doc/old/copyright', content: "See `/usr/share/common-licenses/LGPL-2.1'.\n" },
      ]),
    )
    expect(packages.map(({ name, licences }) => [name, licences])).toEqual([
      ['gcc-12-base', ['GPL-3+', 'MIT']],
      ['libgcc-s1', ['GPL-3+', 'MIT']],
      ['old', ['LGPL-2.1']],
      ['silent', []],
    ])
  })

  test('is read from the folder that distroless images have', async () => {
    const files = ['base', 'libssl3', 'libssl3.md5sums'].map(name => ({
      name: `var/lib/dpkg/status.d/${name}`,
      content: `Package: ${name}\nVersion: 3\nArchitecture: amd64\n`,
    }))
    expect(await purlsOf(DEBIAN, ...files)).toEqual([
      'pkg:deb/debian/base@3?arch=amd64&distro=debian-12',
      'pkg:deb/debian/libssl3@3?arch=amd64&distro=debian-12',
    ])
  })
})

test.each(['lib/apk/db/installed', 'usr/lib/apk/db/installed'])('apk is read from %s', async name => {
  const content = [
    'C:Q1abc=\nP:musl\nV:1.2.4-r4\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\n',
    'P:libcrypto3\nV:3.1.4-r5\nA:x86_64\nL:Apache-2.0\no:openssl\nF:lib\nV:9\nP:no\n',
  ].join('\n')
  const { packages } = await read(imageWith([release('ID=alpine\nVERSION_ID=3.19.1'), { name, content }]))
  expect(
    packages.map(({ name, version, source, purl, licences }) => [name, version, source?.name, purl, licences]),
  ).toEqual([
    [
      'libcrypto3',
      '3.1.4-r5',
      'openssl',
      'pkg:apk/alpine/libcrypto3@3.1.4-r5?arch=x86_64&distro=alpine-3.19.1&upstream=openssl',
      ['Apache-2.0'],
    ],
    ['musl', '1.2.4-r4', 'musl', 'pkg:apk/alpine/musl@1.2.4-r4?arch=x86_64&distro=alpine-3.19.1', ['MIT']],
  ])
})

describe('rpm', () => {
  const rpms: readonly MadeRpm[] = [
    { name: 'bash', version: '5.1.8', release: '6.el9', sourceRpm: 'bash-5.1.8-6.el9.src.rpm' },
    { name: 'openssl-libs', version: '3.0.7', release: '24.el9', epoch: 1, sourceRpm: 'openssl-3.0.7-24.el9.src.rpm' },
    { name: 'gpg-pubkey', version: 'fd431d51', release: '4ae0493b' },
    { name: 'zlib', version: '1.2.11', release: '40.el9', padBytes: 10 },
    { name: 'tiny', version: '1', release: '1', padBytes: 0, epoch: 0 },
  ]
  const headers = rpms.map(rpmHeaderOf)
  const many = Array.from({ length: 600 }, (_, index) =>
    rpmHeaderOf({ name: `p${String(index).padStart(3, '0')}`, version: '1', release: '1', padBytes: index * 13 }),
  )
  const redHat = release('ID="rhel"\nVERSION_ID="9.3"')

  test.each([
    ['SQLite', 'var/lib/rpm/rpmdb.sqlite', sqliteOf],
    ['rpm itself', 'usr/lib/sysimage/rpm/Packages.db', ndbOf],
    ['Berkeley DB', 'var/lib/rpm/Packages', berkeleyOf],
    ['Berkeley DB of a big-endian machine', 'var/lib/rpm/Packages', (all: readonly Buffer[]) => berkeleyOf(all, false)],
  ] as const)('is read from a database of %s', async (_, name, databaseOf) => {
    const { packages, problems } = await read(imageWith([redHat, { name, content: databaseOf(headers) }]))
    expect(problems).toEqual([])
    expect(packages.map(({ version, source, purl, licences }) => [version, source, purl, licences])).toEqual([
      [
        '5.1.8-6.el9',
        { name: 'bash', version: '5.1.8-6.el9' },
        'pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&distro=rhel-9.3',
        ['MIT'],
      ],
      [
        '1:3.0.7-24.el9',
        { name: 'openssl', version: '1:3.0.7-24.el9' },
        'pkg:rpm/redhat/openssl-libs@3.0.7-24.el9?arch=x86_64&distro=rhel-9.3&epoch=1&upstream=openssl',
        ['MIT'],
      ],
      ['1-1', undefined, 'pkg:rpm/redhat/tiny@1-1?arch=x86_64&distro=rhel-9.3', ['MIT']],
      ['1.2.11-40.el9', undefined, 'pkg:rpm/redhat/zlib@1.2.11-40.el9?arch=x86_64&distro=rhel-9.3', ['MIT']],
    ])
  })

  test('is read when its table has several levels', async () => {
    const content = sqliteOf(many)
    const { packages } = await read(imageWith([redHat, { name: 'var/lib/rpm/rpmdb.sqlite', content }]))
    expect(packages.map(({ name }) => name)).toEqual(many.map((_, index) => `p${String(index).padStart(3, '0')}`))
  })

  test('is read from the list that images without a database have', async () => {
    const content = 'bash\t5.1.8-4.azl3\t1\t2\tMicrosoft\t(none)\t3\tx86_64\t0\tbash-5.1.8-4.azl3.src.rpm\n'
    const file = { name: 'var/lib/rpmmanifest/container-manifest-2', content }
    expect(await purlsOf(release('ID=azurelinux\nVERSION_ID="3.0"'), file)).toEqual([
      'pkg:rpm/azurelinux/bash@5.1.8-4.azl3?arch=x86_64&distro=azurelinux-3.0',
    ])
  })
})

test('an image without os-release has packages all the same', async () => {
  const { distribution, packages } = await read(
    imageWith([{ name: 'var/lib/dpkg/status', content: 'Package: a\nVersion: 1\nArchitecture: arm64\n' }]),
  )
  expect(distribution).toBeUndefined()
  expect(packages.map(({ ecosystem, purl }) => [ecosystem, purl])).toEqual([
    ['Debian', 'pkg:deb/debian/a@1?arch=arm64'],
  ])
})

test.each([
  ['etc/redhat-release', 'CentOS release 6.10 (Final)\n', 'Red Hat:6'],
  ['etc/alpine-release', '3.4.6\n', 'Alpine:v3.4'],
  ['etc/debian_version', '8.9\n', 'Debian:8'],
])('%s says it where there is no os-release', async (name, content, ecosystem) => {
  const image = imageWith([
    { name, content },
    { name: 'var/lib/dpkg/status', content: 'Package: a\nVersion: 1\n' },
  ])
  expect((await read(image)).packages.map(found => found.ecosystem)).toEqual([ecosystem])
})
