import { tableOf } from '../../../../platform/foreign-json/index.ts'
import { ecosystemOf } from '../../distributions/ecosystem.ts'
import type { FoundPackage } from '../../package.ts'
import { formatPurl, type PackageUrl } from '../../purl.ts'
import {
  composerPackage,
  cratePackage,
  gemPackage,
  goPackage,
  mavenPackage,
  npmPackage,
  nugetPackage,
  otherPackage,
  pypiPackage,
} from '../packages.ts'
import { sourceOf } from './sources.ts'

/** What a document says of a package besides its purl. */
export interface Said {
  readonly name?: string | undefined
  readonly licences: readonly string[]
  readonly source?: { readonly name: string; readonly version: string } | undefined
}

/** What the document says that the image is of; purls may leave it out. */
export interface SaidSystem {
  readonly id: string
  readonly version: string
}

type Make = (name: string, purl: PackageUrl, said: Said) => readonly FoundPackage[]

const BY_TYPE = tableOf<Make>({
  npm: (name, { version }, { licences }) => npmPackage(name, version, licences),
  pypi: (name, { version }, { licences }) => pypiPackage(name, version, licences),
  golang: (name, { version }, said) => goPackage(asWritten(name, said), version?.replace(/^go(?=\d)/, '')),
  maven: (_, { namespace, name, version }, { licences }) => mavenPackage(namespace, name, version, licences),
  gem: (_, { name, version }, { licences }) => gemPackage(name, version, licences),
  composer: (name, { version }, { licences }) => composerPackage(name, version, licences),
  cargo: (_, { name, version }) => cratePackage(name, version),
  nuget: (_, { name, version }, { licences }) => nugetPackage(name, version, licences),
  hex: (_, purl, { licences }) => otherPackage('Hex', purl, licences),
  pub: (_, purl, { licences }) => otherPackage('Pub', purl, licences),
  cran: (_, purl, { licences }) => otherPackage('CRAN', purl, licences),
  hackage: (_, purl, { licences }) => otherPackage('Hackage', purl, licences),
  swift: (_, purl, { licences }) => otherPackage('SwiftURL', purl, licences),
})

/** The package that a purl names, in OSV's words; none when advisories know nothing of its kind, or it has no version. */
export function packagesOfPurl(purl: PackageUrl, said: Said, system: SaidSystem | undefined): readonly FoundPackage[] {
  const { type, namespace, name } = purl
  if (type === 'deb' || type === 'apk' || type === 'rpm') return ofSystem(type, purl, said, system)
  return BY_TYPE[type]?.(namespace === undefined ? name : `${namespace}/${name}`, purl, said) ?? []
}

/** Many writers put purls of Go in lower case, which is another module; the name beside it tells. */
const asWritten = (path: string, { name }: Said): string => (name?.toLowerCase() === path.toLowerCase() ? name : path)

function ofSystem(
  type: 'deb' | 'apk' | 'rpm',
  purl: PackageUrl,
  said: Said,
  system: SaidSystem | undefined,
): readonly FoundPackage[] {
  if (purl.version === undefined) return []
  const { arch, distro, epoch, upstream } = purl.qualifiers ?? {}
  const isEpochApart = epoch !== undefined && epoch !== '0' && !purl.version.includes(':')
  const version = isEpochApart ? `${epoch}:${purl.version}` : purl.version
  const release = releaseOf(purl.namespace, distro) ?? system
  return [
    {
      ecosystem: ecosystemOf(release && { ...release, fullVersion: '', codename: '' }, type),
      name: purl.name,
      version,
      source: said.source ?? sourceOf(upstream, version),
      purl: formatPurl({ ...purl, qualifiers: { arch, distro, epoch, upstream }, subpath: undefined }),
      licences: said.licences,
    },
  ]
}

/** As os-release names them, of those who name them otherwise. */
const IDS = tableOf<string>({
  redhat: 'rhel',
  amazon: 'amzn',
  oracle: 'ol',
  alma: 'almalinux',
  suse: 'sles',
  opensuse: 'opensuse-leap',
  'opensuse.leap': 'opensuse-leap',
  'opensuse.tumbleweed': 'opensuse-tumbleweed',
})

/** `debian-12`, `opensuse-leap-15.5`; some write only `3.19.1`, and then the namespace says of what. */
function releaseOf(namespace: string | undefined, distro: string | undefined): SaidSystem | undefined {
  if (distro === undefined) return undefined
  const dash = distro.lastIndexOf('-')
  const [id, version] = /^\d/.test(distro)
    ? [namespace ?? '', distro]
    : dash < 0
      ? [distro, '']
      : [distro.slice(0, dash), distro.slice(dash + 1)]
  if (id === '') return undefined
  if (!/^\d/.test(version) && version !== '') return { id: IDS[distro] ?? distro, version: '' }
  return { id: IDS[id] ?? id, version }
}
