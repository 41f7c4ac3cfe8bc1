import { expect, test } from 'bun:test'
import { deflateSync } from 'node:zlib'
import { auditableProgram, elfOf, foundBy } from '../../../../../test/support/package-files.ts'
import { EXECUTABLES } from '../executables/index.ts'
import { CARGO_LOCK } from './cargo-lock.ts'

const READERS = [EXECUTABLES, CARGO_LOCK]
const find = async (path: string, content: string | Uint8Array) =>
  (await foundBy(READERS, path, content))?.map(({ name, version }) => `${name} ${version}`)

test('an audited program tells its crates, without those that only its build needed', async () => {
  const program = auditableProgram([
    { name: 'app', version: '0.1.0', source: 'local', root: true },
    { name: 'tokio', version: '1.8.0', source: 'crates.io' },
    { name: 'cc', version: '1.0.0', source: 'crates.io', kind: 'build' },
  ])
  expect(await find('usr/bin/app', program)).toEqual(['app 0.1.0', 'tokio 1.8.0'])
})

test('a list of crates that unpacks to more than any program has is refused with a reason', async () => {
  const bomb = elfOf({ '.dep-v0': new Uint8Array(deflateSync(new Uint8Array(20 * 1024 * 1024))) })
  await expect(find('usr/bin/bomb', bomb)).rejects.toThrow('its list of crates cannot be unpacked')
})

test('Cargo.lock names crates of registries, not the workspace', async () => {
  const lock = `version = 3

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["tokio"]

[[package]]
name = "tokio"
version = "1.8.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
`
  expect(await find('srv/Cargo.lock', lock)).toEqual(['tokio 1.8.0'])
  expect(await find('root/.cargo/registry/src/x/tokio-1.8.0/Cargo.lock', lock)).toBeUndefined()
})
