import { tableOf } from '../../../platform/foreign-json/index.ts'
import type { FoundPackage } from '../package.ts'
import { formatPurl } from '../purl.ts'
import { ecosystemOf } from './ecosystem.ts'
import type { OsRelease } from './os-release.ts'
import type { SystemPackage } from './system-package.ts'

/** A package of a distribution, once it is known which distribution that is. @throws Error when its name is none. */
export function inDistribution(found: SystemPackage, release: OsRelease | undefined): FoundPackage {
  const { type, name, version, architecture, source, licences } = found
  const isSameSource = source === undefined || (source.name === name && source.version === version)
  const upstream = source?.version === version ? source.name : `${source?.name}@${source?.version}`
  const [epoch, withoutEpoch] = type === 'rpm' ? splitEpoch(version) : [undefined, version]
  const purl = formatPurl({
    type,
    namespace: namespaceOf(release, type),
    name,
    version: withoutEpoch,
    qualifiers: {
      arch: architecture,
      distro: release && [release.id, release.version || release.codename].filter(part => part !== '').join('-'),
      epoch,
      upstream: isSameSource ? undefined : upstream,
    },
  })
  return { ecosystem: ecosystemOf(release, type), name, version, source, purl, licences }
}

/** A purl of an rpm has its epoch apart. */
function splitEpoch(version: string): [string | undefined, string] {
  const [, epoch, rest] = /^(\d+):(.*)$/.exec(version) ?? []
  return rest === undefined ? [undefined, version] : [epoch, rest]
}

const VENDORS = tableOf<string>({
  rhel: 'redhat',
  'opensuse-leap': 'opensuse',
  'opensuse-tumbleweed': 'opensuse',
  sles: 'suse',
  sled: 'suse',
  amzn: 'amazon',
  ol: 'oracle',
})

function namespaceOf(release: OsRelease | undefined, type: 'deb' | 'apk' | 'rpm'): string {
  if (release === undefined) return { deb: 'debian', apk: 'alpine', rpm: 'redhat' }[type]
  return VENDORS[release.id] ?? release.id
}
