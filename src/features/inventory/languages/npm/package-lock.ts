import { type Json, object } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { fileName, jsonOf, wordOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { npmPackage } from '../packages.ts'

const INSIDE = 'node_modules/'

/** package-lock.json and npm-shrinkwrap.json of npm 5 (version 1), 7 (version 2) and later (version 3). */
export const PACKAGE_LOCK: FileReader = {
  name: 'package-lock.json',
  wants: ({ path }) => ['package-lock.json', 'npm-shrinkwrap.json'].includes(fileName(path)) && isOfProject(path),
  read({ bytes }) {
    const { packages, dependencies } = jsonOf(bytes)
    return declared(packages === undefined ? ofVersion1(dependencies) : ofPackages(object(packages)))
  },
}

function ofPackages(packages: Json): FoundPackage[] {
  return Object.entries(packages).flatMap(([path, value]) => {
    const locked = object(value)
    const at = path.lastIndexOf(INSIDE)
    if (at < 0 || locked.dev === true || locked.link === true) return []
    return npmPackage(wordOf(locked.name) ?? path.slice(at + INSIDE.length), locked.version, locked.license)
  })
}

/** Trees of trees; walked without recursion, since a file may nest as deep as it likes. */
function ofVersion1(dependencies: unknown): FoundPackage[] {
  const found: FoundPackage[] = []
  const waiting = [object(dependencies)]
  for (let level = waiting.pop(); level !== undefined; level = waiting.pop()) {
    for (const [name, value] of Object.entries(level)) {
      const locked = object(value)
      if (locked.dev !== true) found.push(...ofAlias(name, wordOf(locked.version)))
      if (locked.dependencies !== undefined) waiting.push(object(locked.dependencies))
    }
  }
  return found
}

/** `"wide": {"version": "npm:string-width@4.2.0"}` is string-width. Addresses of repositories and files are no versions. */
function ofAlias(name: string, version: string | undefined): readonly FoundPackage[] {
  if (version?.startsWith('npm:')) {
    const at = version.lastIndexOf('@')
    return at > 4 ? npmPackage(version.slice(4, at), version.slice(at + 1)) : []
  }
  return version?.includes(':') ? [] : npmPackage(name, version)
}
