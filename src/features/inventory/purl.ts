/** The parts of a package-url, decoded. */
export interface PackageUrl {
  /** `deb`, `npm`, `golang`…, in lower case. */
  readonly type: string
  /** Its segments with `/` in between: `debian`, `@angular`, `org.apache.logging.log4j`, `github.com/spf13`. */
  readonly namespace?: string | undefined
  readonly name: string
  readonly version?: string | undefined
  /** Those that are empty or undefined are left out. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>> | undefined
  readonly subpath?: string | undefined
}

/** Types whose names mean the same in either case. Go's are not among them, whatever the specification says: its paths are case-sensitive. */
const WITHOUT_CASE = new Set(['apk', 'bitbucket', 'composer', 'deb', 'github', 'pypi'])
const TYPE = /^[a-z][a-z0-9.+-]{0,63}$/
const LONGEST = 4096

/**
 * Writes a package-url, as its specification has it: qualifiers in order, only what has to be encoded is.
 * @throws Error when there is no name, or the type is none.
 */
export function formatPurl(parts: PackageUrl): string {
  const type = parts.type.toLowerCase()
  if (!TYPE.test(type)) throw new Error(`"${parts.type}" is no type of a package-url`)
  if (parts.name === '') throw new Error('a package-url needs a name')
  const namespace = segments(cased(type, parts.namespace ?? ''))
  const qualifiers = Object.entries(parts.qualifiers ?? {})
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
    .map(([key, value]) => `${key.toLowerCase()}=${encode(value)}`)
    .sort()
  const subpath = segments(parts.subpath ?? '')
  return [
    `pkg:${type}/`,
    namespace === '' ? '' : `${namespace}/`,
    encode(named(type, parts.name)),
    parts.version === undefined || parts.version === '' ? '' : `@${encode(parts.version)}`,
    qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`,
    subpath === '' ? '' : `#${subpath}`,
  ].join('')
}

/**
 * Reads a package-url, forgiving what writers commonly get wrong (`pkg://`, a `+` or `@` that is not encoded).
 * @throws Error with what is wrong with it.
 */
export function parsePurl(text: string): PackageUrl {
  if (text.length > LONGEST) throw new Error(`a package-url of ${text.length} characters is too long`)
  if (text.slice(0, 4).toLowerCase() !== 'pkg:')
    throw new Error(`"${text.slice(0, 80)}" is no package-url: it does not begin with pkg:`)
  const [beforeHash, subpath] = cutLast(text.slice(4), '#')
  const [beforeQuery, query] = cutLast(beforeHash, '?')
  const path = beforeQuery.split('/').filter(segment => segment !== '')
  const type = path[0]?.toLowerCase() ?? ''
  if (!TYPE.test(type) || path.length < 2)
    throw new Error(`"${text.slice(0, 80)}" is no package-url: a type or a name is missing`)
  const [name, version] = nameAndVersion(path.slice(1).join('/'))
  const parts = name.split('/').map(decode)
  const last = named(type, parts.pop() ?? '')
  if (last === '') throw new Error(`"${text.slice(0, 80)}" is no package-url: a name is missing`)
  return {
    type,
    namespace: parts.length === 0 ? undefined : cased(type, parts.join('/')),
    name: last,
    version: version === undefined || version === '' ? undefined : decode(version),
    qualifiers: qualifiersOf(query),
    subpath: subpath === undefined ? undefined : subpath.split('/').map(decode).join('/'),
  }
}

/** At the last `@`, which is no part of a scope (`@angular/core`) when nothing but the scope stands before it. */
function nameAndVersion(path: string): [string, string | undefined] {
  const at = path.lastIndexOf('@')
  if (at <= 0 || path[at - 1] === '/') return [path, undefined]
  return [path.slice(0, at), path.slice(at + 1)]
}

function qualifiersOf(query: string | undefined): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const pair of query?.split('&') ?? []) {
    const equals = pair.indexOf('=')
    if (equals > 0 && equals < pair.length - 1)
      found[pair.slice(0, equals).toLowerCase()] = decode(pair.slice(equals + 1))
  }
  return found
}

function cutLast(text: string, mark: string): [string, string | undefined] {
  const at = text.lastIndexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

const cased = (type: string, text: string): string => (WITHOUT_CASE.has(type) ? text.toLowerCase() : text)

const named = (type: string, name: string): string =>
  type === 'pypi' ? name.toLowerCase().replaceAll('_', '-') : cased(type, name)

const segments = (path: string): string =>
  path
    .split('/')
    .filter(segment => segment !== '')
    .map(encode)
    .join('/')

/** All but letters, digits and `.-_~:`. A lone half of a surrogate pair is written as U+FFFD. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
