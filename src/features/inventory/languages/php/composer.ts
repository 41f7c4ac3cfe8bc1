import { list, object } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { anyJsonOf, fileName, jsonOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { composerPackage } from '../packages.ts'

/** vendor/composer/installed.json, a list until Composer 1 and an object since 2. */
export const COMPOSER_INSTALLED: FileReader = {
  name: 'Composer, installed',
  wants: ({ path }) => path.endsWith('composer/installed.json') || path === 'installed.json',
  read({ bytes }) {
    const document = anyJsonOf(bytes)
    return packagesOf(Array.isArray(document) ? document : object(document).packages)
  },
}

/** composer.lock, without what is only for development. */
export const COMPOSER_LOCK: FileReader = {
  name: 'composer.lock',
  wants: ({ path }) => fileName(path) === 'composer.lock' && isOfProject(path),
  read: ({ bytes }) => declared(packagesOf(jsonOf(bytes).packages)),
}

const packagesOf = (packages: unknown): FoundPackage[] =>
  list(packages).flatMap(one => {
    const { name, version, license } = object(one)
    return composerPackage(name, version, license)
  })
