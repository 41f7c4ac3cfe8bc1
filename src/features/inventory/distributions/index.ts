import { APK_READER } from './apk.ts'
import { DPKG_READER } from './dpkg.ts'
import type { SystemReader } from './system-package.ts'

export { OS_RELEASE_PATHS, type OsRelease, parseOsRelease } from './os-release.ts'
export { inDistribution } from './place.ts'
export type { SystemPackage, SystemReader } from './system-package.ts'

/** Of the package managers whose databases are read. */
export const SYSTEM_READERS: readonly SystemReader[] = [DPKG_READER, APK_READER]
/** Where they are looked for when links lead elsewhere from here. */
export const SYSTEM_PATHS = ['var/lib/dpkg/status', 'lib/apk/db/installed', 'usr/lib/apk/db/installed'] as const
