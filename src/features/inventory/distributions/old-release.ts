import { tableOf } from '../../../platform/foreign-json/index.ts'
import type { OsRelease } from './os-release.ts'

/** What distributions had before os-release, and images of them still have. */
const FILES = tableOf<(text: string) => OsRelease | undefined>({
  'etc/alpine-release': text => releaseOf('alpine', /^(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1], 'Alpine Linux'),
  'etc/debian_version': text => releaseOf('debian', /^(\d+)(?:\.\d+)*$/.exec(text)?.[1], 'Debian GNU/Linux'),
  'etc/redhat-release': redHat,
})

/** In the order in which they count. */
export const OLD_RELEASE_PATHS: readonly string[] = Object.keys(FILES)

export function parseOldRelease(path: string, bytes: Uint8Array): OsRelease | undefined {
  return FILES[path]?.(new TextDecoder().decode(bytes.subarray(0, 256)).trim())
}

const RED_HATS: readonly (readonly [RegExp, string])[] = [
  [/^CentOS/, 'centos'],
  [/^Red Hat Enterprise Linux/, 'rhel'],
  [/^Fedora/, 'fedora'],
  [/^Rocky/, 'rocky'],
  [/^AlmaLinux/, 'almalinux'],
]

/** `CentOS release 6.10 (Final)`. */
function redHat(text: string): OsRelease | undefined {
  const id = RED_HATS.find(([pattern]) => pattern.test(text))?.[1]
  return id === undefined
    ? undefined
    : releaseOf(id, /\brelease (\d+(?:\.\d+)*)/.exec(text)?.[1], text.split('\n', 1)[0])
}

function releaseOf(id: string, version: string | undefined, name: string | undefined): OsRelease | undefined {
  return version === undefined ? undefined : { id, version, name, fullVersion: version, codename: '' }
}
