import { paragraphs } from './paragraphs.ts'
import type { SystemPackage, SystemReader } from './system-package.ts'

const STATUS = /^var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)$/
const FIELDS = /^(Package|Version|Architecture|Source|Status):(.*)$/i
/** `glibc (2.36-9)` when the source has another version than the package. */
const SOURCE = /^(\S+)(?:\s+\(([^)\s]+)\))?$/
/** States of a package whose files are not there. */
const ABSENT = new Set(['not-installed', 'config-files'])

/** dpkg's `status`, and the folder of files that distroless images have instead. deb-control(5), dpkg(1). */
export const DPKG_READER: SystemReader = {
  name: 'dpkg',
  wants: path => STATUS.test(path) && !path.endsWith('.md5sums'),
  read: bytes => [...paragraphs(bytes)].flatMap(lines => packageOf(lines) ?? []),
}

function packageOf(lines: readonly string[]): SystemPackage | undefined {
  const fields = new Map<string, string>()
  for (const line of lines) {
    const [, field, value] = FIELDS.exec(line) ?? []
    if (field !== undefined && value !== undefined) fields.set(field.toLowerCase(), value.trim())
  }
  const name = fields.get('package')
  const version = fields.get('version')
  const state = fields.get('status')?.split(/\s+/)[2]
  if (!name || !version || (state !== undefined && ABSENT.has(state))) return undefined
  const [, source, sourceVersion] = SOURCE.exec(fields.get('source') ?? '') ?? []
  return {
    type: 'deb',
    name,
    version,
    architecture: fields.get('architecture'),
    source: { name: source ?? name, version: sourceVersion ?? version },
    licences: [],
  }
}
