import { pypiName } from '../../../platform/package-names/index.ts'
import type { FoundPackage } from '../package.ts'
import { formatPurl, type PackageUrl } from '../purl.ts'

/** Longer ones, and those with control characters, are no names: nothing that a package manager would install. */
const LONGEST = 512
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const NOT_PLAIN = /[\u0000-\u001f\u007f]/

/** None when the name or the version is missing or cannot be one: a list, so that readers can put them together. */
type Found = readonly FoundPackage[]

export const npmPackage = (name: unknown, version: unknown, licences: unknown = []): Found =>
  found('npm', 'npm', name, version, licences, split(name))

/** @param name as it is written; it is normalised as PEP 503 says. */
export function pypiPackage(name: unknown, version: unknown, licences: unknown = []): Found {
  const normalised = typeof name === 'string' ? pypiName(name) : name
  return found('PyPI', 'pypi', normalised, version, licences, [undefined, normalised])
}

/** @param version with its `v`, as modules are tagged. */
export const goPackage = (path: unknown, version: unknown): Found =>
  found('Go', 'golang', path, version, [], split(path))

export function mavenPackage(group: unknown, artifact: unknown, version: unknown, licences: unknown = []): Found {
  if (!isPlain(group) || !isPlain(artifact)) return []
  return found('Maven', 'maven', `${group}:${artifact}`, version, licences, [group, artifact])
}

export const gemPackage = (name: unknown, version: unknown, licences: unknown = [], platform?: string): Found =>
  found('RubyGems', 'gem', name, version, licences, [undefined, name], { platform })

export function composerPackage(name: unknown, version: unknown, licences: unknown = []): Found {
  const lower = typeof name === 'string' ? name.toLowerCase() : name
  return found('Packagist', 'composer', lower, version, licences, split(lower))
}

export const cratePackage = (name: unknown, version: unknown): Found =>
  found('crates.io', 'cargo', name, version, [], [undefined, name])

export const nugetPackage = (name: unknown, version: unknown, licences: unknown = []): Found =>
  found('NuGet', 'nuget', name, version, licences, [undefined, name])

/** Of an ecosystem that nothing here reads, but documents tell of. */
export function otherPackage(
  ecosystem: string,
  { type, namespace, name, version }: PackageUrl,
  licences: unknown,
): Found {
  const whole = namespace === undefined ? name : `${namespace}/${name}`
  return found(ecosystem, type, whole, version, licences, [namespace, name])
}

function found(
  ecosystem: string,
  type: string,
  name: unknown,
  version: unknown,
  licences: unknown,
  [namespace, last]: readonly [unknown, unknown],
  qualifiers?: Readonly<Record<string, string | undefined>>,
): Found {
  if (!isPlain(name) || !isPlain(version) || !isPlain(last)) return []
  const purl = formatPurl({
    type,
    namespace: isPlain(namespace) ? namespace : undefined,
    name: last,
    version,
    qualifiers,
  })
  return [{ ecosystem, name, version, purl, licences: licencesOf(licences) }]
}

/** At the last slash. */
function split(name: unknown): readonly [unknown, unknown] {
  if (typeof name !== 'string') return [undefined, name]
  const slash = name.lastIndexOf('/')
  return slash < 0 ? [undefined, name] : [name.slice(0, slash), name.slice(slash + 1)]
}

const isPlain = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST && !NOT_PLAIN.test(value)

/** A word, or a list of words. */
const licencesOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value])
    .filter(isPlain)
    .map(licence => licence.trim())
    .filter(licence => licence !== '')
