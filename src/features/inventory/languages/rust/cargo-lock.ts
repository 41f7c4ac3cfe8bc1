import { list, object } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import { fileName } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { cratePackage } from '../packages.ts'
import { tomlOf } from '../toml.ts'

/** Cargo.lock. Packages of the workspace itself have no source, and are not of crates.io. */
export const CARGO_LOCK: FileReader = {
  name: 'Cargo.lock',
  wants: ({ path }) => fileName(path) === 'Cargo.lock' && isOfProject(path),
  read: ({ bytes }) =>
    declared(
      list(tomlOf(bytes).package).flatMap(one => {
        const { name, version, source } = object(one)
        return source === undefined ? [] : cratePackage(name, version)
      }),
    ),
}
