import { type Json, object } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { fileName, jsonOf, wordOf } from '../document.ts'
import { nugetPackage } from '../packages.ts'

/** Where a framework that programs share lies; .NET's own advisories are about it. */
const FRAMEWORK = /(?:^|\/)shared\/(Microsoft\.\w+\.App)\/(\d[^/]*)\/\1\.deps\.json$/

const BROUGHT = ['runtime', 'resources', 'native', 'compile', 'runtimeTargets']

/**
 * The list of packages that the .NET SDK leaves beside each program. Those that bring no library, themselves or by
 * what they depend on, only helped to build it. Of projects only the program itself counts.
 */
export const DEPS_JSON: FileReader = {
  name: '.deps.json',
  wants: ({ path }) => path.endsWith('.deps.json'),
  read({ path, bytes }) {
    const { targets, libraries, runtimeTarget } = jsonOf(bytes)
    const library = object(libraries)
    const items = new Map<string, Json>()
    for (const target of Object.values(object(targets))) {
      for (const [key, value] of Object.entries(object(target))) items.set(key, { ...items.get(key), ...object(value) })
    }
    const bringing = bringingLibraries(items)
    const program = `${fileName(path).slice(0, -'.deps.json'.length)}/`
    const found = [...items.keys()].flatMap((key): readonly FoundPackage[] => {
      const type = wordOf(object(library[key]).type)
      const slash = key.indexOf('/')
      const isItself = type === 'project' && key.startsWith(program)
      const isLibrary = type !== 'project' && type !== 'referenceassembly' && bringing.has(key)
      return slash > 0 && (isItself || isLibrary) ? nugetPackage(key.slice(0, slash), key.slice(slash + 1)) : []
    })
    const known = new Set(found.map(({ name }) => name))
    return [...found, ...frameworkOf(path, object(runtimeTarget)).filter(({ name }) => !known.has(name))]
  },
}

/** By its folder, and as the package of its platform, which advisories since .NET 5 name. */
function frameworkOf(path: string, runtimeTarget: Json): readonly FoundPackage[] {
  const [, name, version] = FRAMEWORK.exec(path) ?? []
  if (name === undefined) return []
  const platform = wordOf(runtimeTarget.name)?.split('/', 2)[1]
  const ofPlatform = platform === undefined ? [] : nugetPackage(`${name}.Runtime.${platform}`, version)
  return [...nugetPackage(name, version), ...ofPlatform]
}

/** Those that have libraries, and those that depend on them: from the former upwards, so that circles end. */
function bringingLibraries(items: ReadonlyMap<string, Json>): ReadonlySet<string> {
  const dependents = new Map<string, string[]>()
  for (const [key, item] of items) {
    for (const [name, version] of Object.entries(object(item.dependencies))) {
      const dependency = `${name}/${version}`
      const those = dependents.get(dependency)
      if (those === undefined) dependents.set(dependency, [key])
      else those.push(key)
    }
  }
  const bringing = new Set<string>()
  const waiting = [...items].filter(([, item]) => BROUGHT.some(kind => Object.keys(object(item[kind])).length > 0))
  for (const [key] of waiting) bringing.add(key)
  for (const key of bringing) for (const dependent of dependents.get(key) ?? []) bringing.add(dependent)
  return bringing
}
