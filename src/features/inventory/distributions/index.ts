import { APK_READER } from './apk.ts'
import { DPKG_READER } from './dpkg.ts'
import { RPM_MANIFEST_READER } from './rpm/manifest.ts'
import { RPM_READER } from './rpm/rpm.ts'
import type { SystemReader } from './system-package.ts'

export { copyrightPathOf, isCopyright, licencesIn } from './copyright.ts'
export type { OsRelease } from './os-release.ts'
export { inDistribution } from './place.ts'
export { parseRelease, RELEASE_PATHS } from './release.ts'
export type { SystemPackage, SystemReader } from './system-package.ts'

/** Of the package managers whose databases are read. */
export const SYSTEM_READERS: readonly SystemReader[] = [DPKG_READER, APK_READER, RPM_READER, RPM_MANIFEST_READER]
/** Where they are looked for when links lead elsewhere from here. */
export const SYSTEM_PATHS: readonly string[] = [
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  ...['Packages', 'Packages.db', 'rpmdb.sqlite'].map(name => `var/lib/rpm/${name}`),
]
