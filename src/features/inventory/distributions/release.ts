import { OLD_RELEASE_PATHS, parseOldRelease } from './old-release.ts'
import { OS_RELEASE_PATHS, type OsRelease, parseOsRelease } from './os-release.ts'

/** Files that say which distribution an image is of; the first that says it counts. */
export const RELEASE_PATHS: readonly string[] = [...OS_RELEASE_PATHS, ...OLD_RELEASE_PATHS]

/** Undefined when it does not say. */
export function parseRelease(path: string, bytes: Uint8Array): OsRelease | undefined {
  return OLD_RELEASE_PATHS.includes(path) ? parseOldRelease(path, bytes) : parseOsRelease(bytes)
}
