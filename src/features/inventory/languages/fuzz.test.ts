import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { auditableProgram, goProgram, zipOf } from '../../../../test/support/package-files.ts'
import type { FoundPackage } from '../package.ts'
import { LANGUAGE_READERS, readSbom } from './index.ts'

/** One real file of each kind, to be damaged. */
const REAL: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  Object.entries({
    'node_modules/a/package.json': '{"name": "a", "version": "1.0.0", "license": {"type": "MIT"}}',
    'package-lock.json':
      '{"packages": {"node_modules/a": {"version": "1.0.0"}}, "dependencies": {"a": {"version": "1.0.0", "dependencies": {}}}}',
    'pnpm-lock.yaml': "packages:\n  '/@a/b@1.0.0(c@2)':\n    dev: true\n  /c/1.0.0_d:\n    dev: false\n",
    'yarn.lock': '"@a/b@^1.0.0", c@npm:d@1:\n  version "1.0.0"\n',
    'site-packages/a.dist-info/METADATA': 'Metadata-Version: 2.1\nName: a\nVersion: 1.0\nLicense: MIT\n\ntext',
    'poetry.lock': '[[package]]\nname = "a"\nversion = "1.0"\nsource = { editable = "." }\n',
    'Pipfile.lock': '{"default": {"a": {"version": "==1.0"}}}',
    'requirements.txt': 'a==1.0\nb[c]==2.0 # d\n',
    'specifications/a-1.gemspec': 's.name = "a".freeze\ns.version = "1.0"\ns.licenses = ["MIT".freeze]\n',
    'Gemfile.lock': 'GEM\n  specs:\n    a (1.0-x86)\n',
    'vendor/composer/installed.json': '{"packages": [{"name": "a/b", "version": "1.0", "license": ["MIT"]}]}',
    'composer.lock': '{"packages": [{"name": "a/b", "version": "1.0"}]}',
    'a.deps.json':
      '{"targets": {"x": {"a/1.0": {"runtime": {"a.dll": {}}}}}, "libraries": {"a/1.0": {"type": "package"}}}',
    'packages.lock.json': '{"dependencies": {"net8.0": {"a": {"resolved": "1.0"}}}}',
    'Cargo.lock': '[[package]]\nname = "a"\nversion = "1.0"\nsource = "registry"\n',
    'bin/go': goProgram('go1.20', ['path\ta', 'mod\ta\tv1.0.0\th1:', 'dep\tb\tv1.0.0\th1:', '=>\tc\tv2.0.0\th1:']),
    'bin/rust': auditableProgram([{ name: 'a', version: '1.0' }]),
    'a.egg': zipOf({ 'EGG-INFO/PKG-INFO': 'Name: a\nVersion: 1.0\n' }),
    'a.jar': zipOf({
      'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\nImplementation-Version: 1.0\n',
      'stored:lib/b-1.0.jar': zipOf({ 'META-INF/maven/b/b/pom.properties': 'groupId=b\nartifactId=b\nversion=1.0\n' }),
    }),
  }).map(([path, content]) => [path, typeof content === 'string' ? new TextEncoder().encode(content) : content]),
)

/** Packages, or an Error that says something: nothing else may come of any bytes. */
async function readAll(path: string, bytes: Uint8Array): Promise<void> {
  const file = { path, sizeBytes: bytes.byteLength, mode: 0o755, head: bytes.subarray(0, 512) }
  for (const reader of LANGUAGE_READERS.filter(one => one.wants(file)))
    await readOne(() => reader.read({ ...file, bytes }))
}

async function readOne(read: () => readonly FoundPackage[] | Promise<readonly FoundPackage[]>): Promise<void> {
  try {
    for (const one of await read()) {
      expect(one.name !== '' && one.version !== '' && one.purl.startsWith('pkg:')).toBe(true)
    }
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    // Faults of the language are ours, not the file's.
    expect(error).not.toBeInstanceOf(TypeError)
    expect(error).not.toBeInstanceOf(RangeError)
    expect((error as Error).message).not.toBe('')
  }
}

const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 })

for (const [path, real] of Object.entries(REAL)) {
  test(`${path}: any bytes, and a real one with bytes changed, cut off or doubled, are read or refused`, async () => {
    const file = { path, sizeBytes: real.byteLength, mode: 0o755, head: real.subarray(0, 512) }
    expect(LANGUAGE_READERS.some(reader => reader.wants(file))).toBe(true)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), damage, fc.nat(), async (any, changes, cut) => {
        await readAll(path, any)
        const changed = real.slice()
        for (const [at, byte] of changes) changed[at % real.byteLength] = byte
        await readAll(path, changed)
        await readAll(path, changed.subarray(0, cut % real.byteLength))
        await readAll(path, Buffer.concat([changed, real]))
      }),
      { numRuns: 150 },
    )
  })
}

test('documents of builders: any bytes, and real ones with bytes changed, are read or refused', async () => {
  const purl = 'pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc'
  const documents = [
    {
      bomFormat: 'CycloneDX',
      components: [{ name: 'a', purl, components: [{ licenses: [{ license: { id: 'MIT' } }] }] }],
    },
    { spdxVersion: 'SPDX-2.3', packages: [{ externalRefs: [{ referenceType: 'purl', referenceLocator: purl }] }] },
    { '@graph': [{ type: 'software_Package', software_packageUrl: purl }] },
    { subject: [{ digest: { sha256: 'a' } }], predicate: { Data: '{"bomFormat": "CycloneDX"}' } },
    { payload: 'e30=' },
  ].map(document => new TextEncoder().encode(JSON.stringify(document)))
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.constantFrom(...documents), damage, async (any, real, changes) => {
      await readOne(() => readSbom(new TextEncoder().encode(any), 'application/json').packages)
      const changed = real.slice()
      for (const [at, byte] of changes) changed[at % real.byteLength] = byte
      await readOne(() => readSbom(changed, 'application/json').packages)
    }),
    { numRuns: 1000 },
  )
})

test('what nests deep or repeats without end takes no longer than it is long', async () => {
  const long = 2_000_000
  const hostile: readonly (readonly [string, string])[] = [
    ['package.json', '['.repeat(long)],
    ['package.json', `{"name":"a","version":"1","license":${'['.repeat(long)}${']'.repeat(long)}}`],
    ['package-lock.json', `${'{"dependencies":{"a":'.repeat(50_000)}1${'}}'.repeat(50_000)}`],
    ['Cargo.lock', `a = ${'['.repeat(long)}`],
    ['Cargo.lock', `a = "${'\\u0041'.repeat(100_000)}"`],
    ['poetry.lock', `${'a.'.repeat(100_000)}b = 1`],
    ['requirements.txt', `${'a'.repeat(long)}==`],
    ['requirements.txt', '='.repeat(long)],
    ['yarn.lock', `${'"a@,'.repeat(500_000)}:\n  version "1"`],
    ['pnpm-lock.yaml', `packages:\n  ${'/@'.repeat(1_000_000)}:\n`],
    ['specifications/a.gemspec', `s.licenses = [${'"'.repeat(long)}`],
    ['specifications/a.gemspec', `s.name = ${'"#{'.repeat(500_000)}`],
    ['a.dist-info/METADATA', 'Name'.repeat(500_000)],
    ['a.dist-info/METADATA', 'Name: a\r\n'.repeat(200_000)],
    ['a.dist-info/METADATA', `Name: ${'-_.'.repeat(500_000)}\nVersion: 1\n`],
    ['Gemfile.lock', `GEM\n    ${' ('.repeat(1_000_000)})`],
  ]
  for (const [path, text] of hostile) await readAll(path, new TextEncoder().encode(text))
}, 30_000)
