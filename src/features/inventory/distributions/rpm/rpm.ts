import type { SystemPackage, SystemReader } from '../system-package.ts'
import { berkeleyValues, isBerkeley } from './berkeley.ts'
import { parseRpmHeader, type RpmHeader } from './header.ts'
import { isNdb, ndbValues } from './ndb.ts'
import { isSqlite, secondColumn } from './sqlite.ts'

const DATABASE = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/(?:Packages|Packages\.db|rpmdb\.sqlite)$/
/** Keys that packages are signed with are kept beside the packages. */
const KEY = 'gpg-pubkey'
const SOURCE = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/

/** rpm's database of installed packages, in each of the three formats it has had. Which one is told by its bytes. */
export const RPM_READER: SystemReader = {
  name: 'rpm',
  wants: path => DATABASE.test(path),
  read: bytes => (bytes.length === 0 ? [] : [...headersOf(bytes)].flatMap(header => packageOf(header) ?? [])),
}

function* headersOf(bytes: Uint8Array): Generator<RpmHeader> {
  if (isSqlite(bytes)) for (const value of secondColumn(bytes, 'Packages')) yield parseRpmHeader(value)
  else if (isNdb(bytes)) for (const value of ndbValues(bytes)) yield parseRpmHeader(value)
  else if (isBerkeley(bytes)) for (const value of berkeleyValues(bytes)) yield parseRpmHeader(value)
  else throw new Error('it is a database neither of SQLite, of rpm itself nor of Berkeley DB')
}

function packageOf({ name, version, release, epoch, licence, arch, sourceRpm }: RpmHeader): SystemPackage | undefined {
  if (typeof name !== 'string' || typeof version !== 'string' || name === '' || name === KEY) return undefined
  return rpmPackage({
    name,
    version: release === undefined || release === '' ? version : `${version}-${release}`,
    epoch: Number(epoch ?? 0),
    architecture: typeof arch === 'string' ? arch : undefined,
    sourceRpm: typeof sourceRpm === 'string' ? sourceRpm : '',
    licences: typeof licence === 'string' && licence !== '' && licence !== '(none)' ? [licence] : [],
  })
}

export interface RpmFacts extends Pick<SystemPackage, 'name' | 'version' | 'architecture' | 'licences'> {
  readonly epoch: number
  /** `bash-5.1.8-6.el9.src.rpm`. */
  readonly sourceRpm: string
}

/** The source has no epoch of its own in its name; it is that of the package in all but a few. */
export function rpmPackage({ epoch, sourceRpm, version, ...facts }: RpmFacts): SystemPackage {
  const withEpoch = (text: string) => (epoch > 0 ? `${epoch}:${text}` : text)
  const [, source, sourceVersion] = SOURCE.exec(sourceRpm) ?? []
  return {
    ...facts,
    type: 'rpm',
    version: withEpoch(version),
    source: source && sourceVersion ? { name: source, version: withEpoch(sourceVersion) } : undefined,
  }
}
