import { inflateSync } from 'node:zlib'
import { list, object } from '../../../../platform/foreign-json/index.ts'
import type { FoundPackage } from '../../package.ts'
import { jsonOf } from '../document.ts'
import type { Executable } from '../executables/sections.ts'
import { cratePackage } from '../packages.ts'

const LARGEST_BYTES = 16 * 1024 * 1024

/** Crates that `cargo auditable` left in a program. Those that only its build needed are not in it. */
export function auditedCrates({ sections }: Executable): readonly FoundPackage[] {
  const section = sections.find(({ name }) => name === '.dep-v0' || name === '.rust-deps-v0' || name === 'rust-deps-v0')
  if (section === undefined || section.bytes.byteLength === 0) return []
  return list(jsonOf(inflated(section.bytes)).packages).flatMap(one => {
    const { name, version, kind } = object(one)
    return kind === 'build' || kind === 'dev' ? [] : cratePackage(name, version)
  })
}

function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: LARGEST_BYTES })
  } catch (cause) {
    throw new Error(`its list of crates cannot be unpacked: ${(cause as Error).message}`, { cause })
  }
}
