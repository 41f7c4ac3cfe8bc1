import { tableOf } from '../../../platform/foreign-json/index.ts'
import type { OsRelease } from './os-release.ts'

const major = (version: string) => version.split('.', 1)[0] ?? ''
const minor = (version: string) => version.split('.', 2).join('.')
const released = (name: string, version: string) => (version === '' ? name : `${name}:${version}`)

/** Debian's testing says its name only, until it is released. */
const UNRELEASED = tableOf<string>({ trixie: '13', forky: '14', duke: '15' })

/** By ID of os-release: OSV's name of the ecosystem. https://ossf.github.io/osv-schema/#defined-ecosystems */
const ECOSYSTEMS = tableOf<(release: OsRelease) => string>({
  debian: ({ version, codename }) => released('Debian', major(version) || (UNRELEASED[codename] ?? codename)),
  ubuntu: ({ version, fullVersion }) =>
    released('Ubuntu', isLongTerm(version, fullVersion) ? `${minor(version)}:LTS` : minor(version)),
  alpine: ({ version }) => released('Alpine', /^\d+\.\d+(\.\d+)?$/.test(version) ? `v${minor(version)}` : 'edge'),
  wolfi: () => 'Wolfi',
  chainguard: () => 'Chainguard',
  minimos: () => 'MinimOS',
  rhel: ({ version }) => released('Red Hat', major(version)),
  // Rebuilt from Red Hat's sources with their versions; it has no advisories of its own.
  centos: ({ version }) => released('Red Hat', major(version)),
  rocky: ({ version }) => released('Rocky Linux', major(version)),
  almalinux: ({ version }) => released('AlmaLinux', major(version)),
  ol: ({ version }) => released('Oracle Linux', major(version)),
  amzn: ({ version }) => released('Amazon Linux', version),
  fedora: ({ version }) => released('Fedora', version),
  azurelinux: ({ version }) => released('Azure Linux', major(version)),
  mariner: ({ version }) => released('Azure Linux', major(version)),
  photon: ({ version }) => released('Photon OS', version),
  openeuler: ({ version, fullVersion }) => released('openEuler', euler(version, fullVersion)),
  mageia: ({ version }) => released('Mageia', version),
  'opensuse-leap': ({ version }) => released('openSUSE', `Leap ${version}`),
  'opensuse-tumbleweed': () => 'openSUSE:Tumbleweed',
  sles: ({ version }) => released('SUSE', `Linux Enterprise Server ${servicePack(version)}`),
  sled: ({ version }) => released('SUSE', `Linux Enterprise Desktop ${servicePack(version)}`),
})

/** Where an image does not say which it is. */
const UNKNOWN = { deb: 'Debian', apk: 'Alpine', rpm: 'Red Hat' } as const

/** The ecosystem of a distribution's packages, `Debian:12`; that of a distribution OSV does not know is `ID:VERSION`. */
export function ecosystemOf(release: OsRelease | undefined, type: 'deb' | 'apk' | 'rpm'): string {
  if (release === undefined) return UNKNOWN[type]
  return ECOSYSTEMS[release.id]?.(release) ?? released(release.id, release.version)
}

function isLongTerm(version: string, fullVersion: string): boolean {
  return /\bLTS\b/.test(fullVersion) || (/^\d+\.04$/.test(minor(version)) && Number(major(version)) % 2 === 0)
}

/** `15.5` is 15 SP5. */
function servicePack(version: string): string {
  const [whole = '', pack] = version.split('.')
  return pack === undefined || pack === '0' ? whole : `${whole} SP${pack}`
}

/** `22.03 (LTS-SP1)` is 22.03-LTS-SP1. */
function euler(version: string, fullVersion: string): string {
  const kind = /\((LTS[A-Z0-9-]*)\)/.exec(fullVersion)?.[1]
  return kind === undefined ? version : `${version}-${kind}`
}
