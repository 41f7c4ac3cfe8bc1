import { bytesAt, type Executable, type Section } from '../executables/sections.ts'

/** A module as the linker writes it. */
export interface Module {
  readonly path: string
  readonly version: string
  readonly replacedBy?: { readonly path: string; readonly version: string } | undefined
}

/** What `go version -m` shows. */
export interface BuildInformation {
  /** `go1.22.3`, and what the compiler says of experiments after a space. */
  readonly goVersion: string
  /** Of the package with main(). */
  readonly path: string
  readonly main: Module | undefined
  readonly modules: readonly Module[]
  readonly settings: ReadonlyMap<string, string>
}

const MAGIC = new TextEncoder().encode(' Go buildinf:')
const ALIGNED = 16
const HEADER_BYTES = 32
/** Go itself looks no further when the section has no name. */
const LOOKED_THROUGH_BYTES = 1024 * 1024
const LONGEST_BYTES = 16 * 1024 * 1024
const STRINGS_FOLLOW = 2
/** The table of modules stands between two of these of 16 bytes. */
const FENCE_BYTES = 16

/** What Go's linker left in a program, when it was built by Go. */
export function readBuildInformation(executable: Executable): BuildInformation | undefined {
  const place = findHeader(executable)
  if (place === undefined) return undefined
  const { goVersion, table } = stringsAt(executable, place)
  if (goVersion === '') return undefined
  return { goVersion, ...parseTable(table) }
}

function findHeader({ sections }: Executable): Uint8Array | undefined {
  const named = sections.filter(({ name }) => name === '.go.buildinfo' || name === '__go_buildinfo')
  for (const { bytes } of named.length > 0 ? named : sections.filter(isData)) {
    const seen = bytes.subarray(0, LOOKED_THROUGH_BYTES)
    for (let at = seen.indexOf(0xff); at >= 0; at = seen.indexOf(0xff, at + 1)) {
      if (at % ALIGNED === 0 && isMagic(seen.subarray(at))) return bytes.subarray(at)
    }
  }
  return undefined
}

const isData = ({ name, isWritable }: Section): boolean =>
  isWritable && (name === '' || name === '.data' || name === '__data')

const isMagic = (bytes: Uint8Array): boolean =>
  bytes.byteLength >= HEADER_BYTES && bytes[0] === 0xff && MAGIC.every((byte, index) => bytes[index + 1] === byte)

/** Since Go 1.18 the two strings follow the header; before, it points to them. */
function stringsAt(executable: Executable, header: Uint8Array): { goVersion: string; table: string } {
  const flags = header[15] ?? 0
  if ((flags & STRINGS_FOLLOW) !== 0) {
    const first = counted(header, HEADER_BYTES)
    const second = counted(header, first.end)
    return { goVersion: decode(first.bytes), table: unfenced(second.bytes) }
  }
  const pointed: Executable = { ...executable, isBigEndian: (flags & 1) !== 0, pointerBytes: header[14] === 4 ? 4 : 8 }
  const pointers = ALIGNED
  return {
    goVersion: decode(pointedTo(pointed, pointer(pointed, header, pointers))),
    table: unfenced(pointedTo(pointed, pointer(pointed, header, pointers + pointed.pointerBytes))),
  }
}

/** A length in groups of seven bits, and as many bytes. */
function counted(bytes: Uint8Array, start: number): { bytes: Uint8Array; end: number } {
  let length = 0
  let at = start
  for (let shift = 0; shift <= 28; shift += 7) {
    const byte = bytes[at++]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  demandShort(length)
  return { bytes: bytes.subarray(at, at + length), end: at + length }
}

/** A Go string in memory: where it is, and how long. */
function pointedTo(executable: Executable, address: number): Uint8Array {
  if (address === 0) return new Uint8Array()
  const header = bytesAt(executable, address)
  const length = pointer(executable, header, executable.pointerBytes)
  demandShort(length)
  return length === 0 ? header.subarray(0, 0) : bytesAt(executable, pointer(executable, header, 0)).subarray(0, length)
}

function pointer({ isBigEndian, pointerBytes }: Executable, bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + pointerBytes > bytes.byteLength) throw new Error('its build information is cut short')
  return pointerBytes === 8 ? Number(view.getBigUint64(at, !isBigEndian)) : view.getUint32(at, !isBigEndian)
}

function demandShort(length: number): void {
  if (length > LONGEST_BYTES) throw new Error(`its build information says that it has ${length} bytes`)
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const unfenced = (table: Uint8Array): string =>
  table.byteLength >= 2 * FENCE_BYTES + 1 && table[table.byteLength - FENCE_BYTES - 1] === 0x0a
    ? decode(table.subarray(FENCE_BYTES, -FENCE_BYTES))
    : ''

function parseTable(table: string): Omit<BuildInformation, 'goVersion'> {
  const modules: Module[] = []
  const settings = new Map<string, string>()
  let path = ''
  let main: Module | undefined
  for (const line of table.split('\n')) {
    const [kind, first = '', second = ''] = line.split('\t')
    if (kind === 'path') path = first
    else if (kind === 'mod') main = { path: first, version: second }
    else if (kind === 'dep') modules.push({ path: first, version: second })
    else if (kind === '=>') {
      const replaced = modules.pop()
      if (replaced !== undefined) modules.push({ ...replaced, replacedBy: { path: first, version: second } })
      else if (main !== undefined) main = { ...main, replacedBy: { path: first, version: second } }
    } else if (kind === 'build') {
      const equals = first.indexOf('=')
      if (equals > 0) settings.set(first.slice(0, equals), unquoted(first.slice(equals + 1)))
    }
  }
  return { path, main, modules, settings }
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value
  try {
    return JSON.parse(value) as string
  } catch {
    return value
  }
}
