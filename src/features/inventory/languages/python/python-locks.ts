import { type Json, list, object, tableOf } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { fileName, jsonOf, linesOf, textOf, wordOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { pypiPackage } from '../packages.ts'
import { tomlOf } from '../toml.ts'

const READ = tableOf<(bytes: Uint8Array) => readonly FoundPackage[]>({
  'poetry.lock': bytes => ofTables(tomlOf(bytes).package),
  'uv.lock': bytes => ofTables(tomlOf(bytes).package),
  'pdm.lock': bytes => ofTables(tomlOf(bytes).package),
  'pylock.toml': bytes => ofTables(tomlOf(bytes).packages),
  'Pipfile.lock': bytes => ofPipfile(jsonOf(bytes)),
  'requirements.txt': bytes => ofRequirements(textOf(bytes)),
})

/** Locks of Poetry, uv, PDM, Pipenv, PEP 751, and requirements that are pinned. */
export const PYTHON_LOCKS: FileReader = {
  name: 'Python locks',
  wants: ({ path }) => Object.hasOwn(READ, fileName(path)) && isOfProject(path),
  read: ({ path, bytes }) => declared(READ[fileName(path)]?.(bytes) ?? []),
}

function ofTables(tables: unknown): FoundPackage[] {
  return list(tables).flatMap(table => {
    const { name, version, category, source } = object(table)
    const isLocal = ['editable', 'virtual', 'directory'].some(kind => kind in object(source))
    return category === 'dev' || isLocal ? [] : pypiPackage(name, version)
  })
}

const ofPipfile = ({ default: packages }: Json): FoundPackage[] =>
  Object.entries(object(packages)).flatMap(([name, value]) =>
    pypiPackage(name, wordOf(object(value).version)?.replace(/^==/, '')),
  )

/** Only `name==1.2.3` and `name[extra]===1.2.3`: what is not pinned could be any version. */
function ofRequirements(text: string): FoundPackage[] {
  const found: FoundPackage[] = []
  for (const line of linesOf(text)) {
    const pin = line.split(/[#;\s]/, 1)[0] ?? ''
    const equals = pin.indexOf('==')
    if (equals <= 0 || pin.startsWith('-')) continue
    const name = pin.slice(0, equals).split('[', 1)[0]
    const version = pin.slice(equals).replace(/^={2,3}/, '')
    if (/^[\w.+!-]+$/.test(version)) found.push(...pypiPackage(name, version))
  }
  return found
}
