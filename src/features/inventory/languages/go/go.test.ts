import { expect, test } from 'bun:test'
import { elfOf, foundBy, goProgram } from '../../../../../test/support/package-files.ts'
import { EXECUTABLES } from '../executables/index.ts'
import { versionOfFlags } from './linker-flags.ts'

const find = async (program: Uint8Array) =>
  (await foundBy([EXECUTABLES], 'usr/bin/app', program))?.map(({ name, version }) => `${name} ${version}`)

test('a Go program tells its modules, itself, and the standard library by its compiler', async () => {
  const program = goProgram('go1.22.3 X:boringcrypto', [
    'path\tgithub.com/acme/app/cmd/app',
    'mod\tgithub.com/acme/app\tv1.4.0\th1:x=',
    'dep\tgithub.com/BurntSushi/toml\tv1.2.1\th1:x=',
    'dep\tgolang.org/x/net\tv0.7.0\th1:x=',
    '=>\tgithub.com/acme/net\tv0.7.1\th1:x=',
    'dep\tgithub.com/acme/local\tv0.1.0',
    '=>\t./local\t(devel)\t',
    'build\t-compiler=gc',
  ])
  expect(await find(program)).toEqual([
    'stdlib 1.22.3',
    'github.com/acme/app v1.4.0',
    'github.com/BurntSushi/toml v1.2.1',
    'github.com/acme/net v0.7.1',
  ])
  expect((await foundBy([EXECUTABLES], 'usr/bin/app', program))?.map(({ purl }) => purl)).toContain(
    'pkg:golang/github.com/BurntSushi/toml@v1.2.1',
  )
})

test('a program without a version of its own has the one that its linker was told, else its commit', async () => {
  const built = (...settings: string[]) =>
    find(goProgram('go1.20', ['path\tgithub.com/acme/app', 'mod\tgithub.com/acme/app\t(devel)\t', ...settings]))
  expect(await built('build\t-ldflags="-s -w -X main.version=2.1.0 -X main.commit=abc"')).toContain(
    'github.com/acme/app v2.1.0',
  )
  expect(await built('build\tvcs.revision=0123456789abcdef0123', 'build\tvcs.time=2024-05-06T07:08:09Z')).toContain(
    'github.com/acme/app v0.0.0-20240506070809-0123456789ab',
  )
  expect(await built()).toEqual(['stdlib 1.20'])
})

test('flags of the linker tell a version by variables of the program only', () => {
  expect(versionOfFlags("-X 'github.com/acme/app/internal.Version=v1.2.3-rc.1'", 'github.com/acme/app')).toBe(
    'v1.2.3-rc.1',
  )
  expect(versionOfFlags('-X github.com/other/lib.Version=v9.9.9 -X main.buildTag=1.0.0', 'github.com/acme/app')).toBe(
    'v1.0.0',
  )
  expect(versionOfFlags('-X main.goVersion=unknown -X version=1.2.3', 'github.com/acme/app')).toBeUndefined()
  const hostile = 'main.version=1.'.repeat(100_000)
  expect(versionOfFlags(hostile, 'github.com/acme/app')).toBeUndefined()
})

test('the two strings of programs by Go before 1.18 are found where the header points', async () => {
  const version = new TextEncoder().encode('go1.17.1')
  const table = Buffer.concat([Buffer.alloc(16, 1), Buffer.from('path\ta\nmod\ta\tv1.0.0\th1:\n'), Buffer.alloc(16, 2)])
  const data = Buffer.alloc(32)
  // The first section lies right behind the header of 64 bytes, at 0x400000 in memory.
  const [texts, start] = [Buffer.concat([version, table]), 0x40_0000 + 64]
  data.writeBigUInt64LE(BigInt(start + 32), 0)
  data.writeBigUInt64LE(BigInt(version.length), 8)
  data.writeBigUInt64LE(BigInt(start + 32 + version.length), 16)
  data.writeBigUInt64LE(BigInt(table.length), 24)
  const info = Buffer.alloc(32)
  info.write('ff20476f206275696c64696e663a0800', 'hex')
  info.writeBigUInt64LE(BigInt(start), 16)
  info.writeBigUInt64LE(BigInt(start + 16), 24)
  expect(await find(elfOf({ '.data': Buffer.concat([data, texts]), '.go.buildinfo': info }))).toEqual([
    'stdlib 1.17.1',
    'a v1.0.0',
  ])
})

test('other programs, libraries and objects have none, and damaged ones are told of', async () => {
  expect(await find(elfOf({ '.text': new Uint8Array(100) }))).toEqual([])
  const object = elfOf({ '.text': new Uint8Array(100) })
  object[16] = 1
  expect(await find(object)).toBeUndefined()
  await expect(find(goProgram('go1.20', ['path\ta']).subarray(0, 100))).rejects.toThrow('cut short')
})
