import { join } from 'node:path'
import { parsePurl } from '../../src/features/inventory/index.ts'
import { zipOf } from '../../test/advisories/zip.ts'
import { WRITTEN, type Written } from './written-advisories.ts'

/** Zips in OSV's layout, by ecosystem: both programs get these bytes. */
export type Zips = ReadonlyMap<string, Uint8Array>

/** As they are published: Go and PyPI. */
export async function publishedZips(folder: string): Promise<Zips> {
  const zips = new Map<string, Uint8Array>()
  for (const ecosystem of PUBLISHED) zips.set(ecosystem, await Bun.file(join(folder, `${ecosystem}.zip`)).bytes())
  return zips
}
export const PUBLISHED = ['Go', 'PyPI'] as const

/** What was written down of known vulnerabilities in the rest. */
export const writtenZips = (): Zips => zipsOf(WRITTEN.map(writtenRecord))

/**
 * Advisories made at the edges of the versions of these packages, so that each is affected by some and not by others.
 * @param purls of the packages that the other program finds.
 */
export function edgeZips(purls: readonly string[]): Zips {
  const subjects = new Map(purls.flatMap(subjectOf).map(subject => [Object.values(subject).join(' '), subject]))
  const records = [...subjects.values()].flatMap(edgesOf)
  return zipsOf(records.map((record, number) => ({ ...record, id: `EDGE-${number}-${record.id}` })))
}

function zipsOf(records: readonly Osv[]): Zips {
  const zips = new Map<string, Record<string, string>>()
  for (const record of records) {
    const [family = ''] = (record.affected[0]?.package.ecosystem ?? '').split(':')
    const files = zips.get(family) ?? {}
    files[`${record.id}.json`] = JSON.stringify(record)
    zips.set(family, files)
  }
  return new Map([...zips].map(([ecosystem, files]) => [ecosystem, zipOf(files)]))
}

interface Osv {
  readonly schema_version: string
  readonly id: string
  readonly modified: string
  readonly aliases?: readonly string[]
  readonly upstream?: readonly string[]
  readonly affected: readonly {
    readonly package: { readonly ecosystem: string; readonly name: string }
    readonly ranges?: readonly { readonly type: string; readonly events: readonly object[] }[]
    readonly versions?: readonly string[]
  }[]
}

const COMMON = { schema_version: '1.6.0', modified: '2026-01-01T00:00:00Z' }
const typeOf = (ecosystem: string) => (/^(npm|Go|crates\.io)$/.test(ecosystem) ? 'SEMVER' : 'ECOSYSTEM')

function writtenRecord({ ecosystem, name, cve, ranges }: Written): Osv {
  const events = ranges.map(([introduced, fixed]) => [{ introduced }, ...(fixed === undefined ? [] : [{ fixed }])])
  const isDebian = ecosystem.startsWith('Debian')
  return {
    ...COMMON,
    id: `WRITTEN-${ecosystem.replace(':', '-')}-${name.replace(/[/:@]+/g, '-')}-${cve}`,
    ...(isDebian ? { upstream: [cve] } : { aliases: [cve] }),
    affected: [
      { package: { ecosystem, name }, ranges: events.map(each => ({ type: typeOf(ecosystem), events: each })) },
    ],
  }
}

interface Subject {
  readonly ecosystem: string
  readonly name: string
  readonly version: string
}

const ECOSYSTEMS: Readonly<Record<string, string>> = {
  golang: 'Go',
  pypi: 'PyPI',
  npm: 'npm',
  maven: 'Maven',
  gem: 'RubyGems',
  cargo: 'crates.io',
  nuget: 'NuGet',
}

/** As advisories of the ecosystem name it: by its source package in Debian. */
function subjectOf(text: string): readonly Subject[] {
  const { type, namespace, name, version, qualifiers = {} } = parsePurl(text)
  if (version === undefined || !/\d/.test(version)) return []
  if (type === 'deb') {
    const release = /^debian-(\d+)/.exec(qualifiers.distro ?? '')?.[1]
    if (release === undefined) return []
    const [source = name, sourceVersion = version] = (qualifiers.upstream ?? name).split('@')
    return [{ ecosystem: `Debian:${release}`, name: source, version: sourceVersion }]
  }
  const ecosystem = ECOSYSTEMS[type]
  if (ecosystem === undefined || (type === 'maven' && namespace === undefined)) return []
  const between = type === 'maven' ? ':' : '/'
  const whole = namespace === undefined ? name : `${namespace}${between}${name}`
  return [{ ecosystem, name: whole, version: type === 'golang' ? version.replace(/^v/, '') : version }]
}

/** A version just below, of those that end there, and one just above. */
const BELOW: Readonly<Record<string, string>> = { PyPI: '.dev0', Maven: '-alpha-1', RubyGems: '.a' }

function edgesOf({ ecosystem, name, version }: Subject): readonly Osv[] {
  const range = (...events: readonly object[]) => ({ ranges: [{ type: typeOf(ecosystem), events }] })
  const from = { introduced: '0' }
  const below = ecosystem.startsWith('Debian') ? `${version}~` : `${version}${BELOW[ecosystem] ?? '-0'}`
  const canGoBelow = /^Debian/.test(ecosystem) || !/[-+]|[a-z]/i.test(version)
  const cases: Readonly<Record<string, object>> = {
    'up-to-it': range(from, { last_affected: version }),
    'ends-before-it': range(from, { fixed: version }),
    'begins-with-it': range({ introduced: version }),
    'it-alone': { versions: [version] },
    ...(canGoBelow
      ? {
          'begins-just-below': range({ introduced: below }),
          'ends-just-below': range(from, { fixed: below }),
        }
      : {}),
  }
  return Object.entries(cases).map(([id, affected]) => ({
    ...COMMON,
    id,
    affected: [{ package: { ecosystem, name }, ...affected }],
  }))
}
