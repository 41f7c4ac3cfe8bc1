import type { Distribution } from '../package.ts'

/** The first that is there counts. os-release(5). */
export const OS_RELEASE_PATHS = ['etc/os-release', 'usr/lib/os-release'] as const

/** What os-release says, with what only Berth asks for. */
export interface OsRelease extends Distribution {
  /** `22.04.3 LTS (Jammy Jellyfish)`. */
  readonly fullVersion: string
  readonly codename: string
}

const ASSIGNMENT = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/
const LONGEST_VALUE = 256
const MOST_LINES = 1000

/** Reads a file of shell assignments; undefined when it has no ID. */
export function parseOsRelease(bytes: Uint8Array): OsRelease | undefined {
  const values = new Map<string, string>()
  for (const line of new TextDecoder().decode(bytes.subarray(0, 65_536)).split('\n', MOST_LINES)) {
    const [, name, value] = ASSIGNMENT.exec(line) ?? []
    if (name !== undefined && value !== undefined) values.set(name, unquoted(value.trim()).slice(0, LONGEST_VALUE))
  }
  const id = values.get('ID')?.toLowerCase()
  if (!id) return undefined
  return {
    id,
    version: values.get('VERSION_ID') ?? '',
    name: values.get('PRETTY_NAME') ?? values.get('NAME'),
    fullVersion: values.get('VERSION') ?? '',
    codename: values.get('VERSION_CODENAME') ?? '',
  }
}

function unquoted(value: string): string {
  const quote = value[0]
  if (quote === "'" || quote === '"') {
    const end = value.indexOf(quote, 1)
    const inner = value.slice(1, end < 0 ? undefined : end)
    return quote === '"' ? inner.replace(/\\(["$`\\])/g, '$1') : inner
  }
  return value
}
