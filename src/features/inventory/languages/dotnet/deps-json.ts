import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { type Fields, fieldsOf, jsonOf, wordOf } from '../document.ts'
import { nugetPackage } from '../packages.ts'

const BROUGHT = ['runtime', 'resources', 'native', 'compile', 'runtimeTargets']

/**
 * The list of packages that the .NET SDK leaves beside each program. Those that bring no library, themselves or by
 * what they depend on, only helped to build it. Projects of the same solution are no packages.
 */
export const DEPS_JSON: FileReader = {
  name: '.deps.json',
  wants: ({ path }) => path.endsWith('.deps.json'),
  read({ bytes }) {
    const { targets, libraries } = jsonOf(bytes)
    const library = fieldsOf(libraries)
    const items = new Map<string, Fields>()
    for (const target of Object.values(fieldsOf(targets))) {
      for (const [key, value] of Object.entries(fieldsOf(target)))
        items.set(key, { ...items.get(key), ...fieldsOf(value) })
    }
    const bringing = bringingLibraries(items)
    return [...items.keys()].flatMap((key): readonly FoundPackage[] => {
      const type = wordOf(fieldsOf(library[key]).type)
      const slash = key.indexOf('/')
      if (type === 'project' || type === 'referenceassembly' || slash < 0 || !bringing.has(key)) return []
      return nugetPackage(key.slice(0, slash), key.slice(slash + 1))
    })
  },
}

/** Those that have libraries, and those that depend on them: from the former upwards, so that circles end. */
function bringingLibraries(items: ReadonlyMap<string, Fields>): ReadonlySet<string> {
  const dependents = new Map<string, string[]>()
  for (const [key, item] of items) {
    for (const [name, version] of Object.entries(fieldsOf(item.dependencies))) {
      const dependency = `${name}/${version}`
      const those = dependents.get(dependency)
      if (those === undefined) dependents.set(dependency, [key])
      else those.push(key)
    }
  }
  const bringing = new Set<string>()
  const waiting = [...items].filter(([, item]) => BROUGHT.some(kind => Object.keys(fieldsOf(item[kind])).length > 0))
  for (const [key] of waiting) bringing.add(key)
  for (const key of bringing) for (const dependent of dependents.get(key) ?? []) bringing.add(dependent)
  return bringing
}
