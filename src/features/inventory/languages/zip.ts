import { inflateRawSync } from 'node:zlib'

/** A file in a zip archive, as its table of contents has it. */
export interface ZipMember {
  readonly name: string
  readonly method: number
  readonly isEncrypted: boolean
  readonly packedBytes: number
  readonly headerAt: number
}

/** What may still be unpacked of one file of an image, archives in archives together. */
export interface Budget {
  leftBytes: number
  leftMembers: number
}

/** A gibibyte and two million files: more than any application server has, and seconds of work. */
export const newBudget = (): Budget => ({ leftBytes: 1024 ** 3, leftMembers: 2_000_000 })

/** An archive asks for more than is allowed: nothing more of the whole file is read. */
export class OverBudget extends Error {}

const END = 0x0605_4b50
const END_BYTES = 22
const LONGEST_COMMENT = 0xffff
const LOCATOR_64 = 0x0706_4b50
const LOCATOR_BYTES = 20
const END_64 = 0x0606_4b50
const ENTRY = 0x0201_4b50
const ENTRY_BYTES = 46
const LOCAL = 0x0403_4b50
const LOCAL_BYTES = 30
const STORED = 0
const DEFLATED = 8

/**
 * Members of an archive, which may have something else in front of it, as executable jars have.
 * @throws OverBudget for too many members
 * @throws Error when it is no zip archive, or a damaged one
 */
export function* zipMembers(bytes: Uint8Array, budget: Budget): Generator<ZipMember> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { start, shift, end } = tableOf(view)
  let at = start
  while (at + ENTRY_BYTES <= end && view.getUint32(at, true) === ENTRY) {
    if (--budget.leftMembers < 0) throw new OverBudget('it has more than 2,000,000 files, with the archives in it')
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(offset => view.getUint16(at + offset, true))
    const nameAt = at + ENTRY_BYTES
    const extraAt = nameAt + (nameBytes ?? 0)
    const next = extraAt + (extraBytes ?? 0) + (commentBytes ?? 0)
    if (next > end) throw new Error('its table of contents is cut short')
    const wide = wideSizes(view, at, extraAt, extraAt + (extraBytes ?? 0))
    yield {
      name: new TextDecoder().decode(bytes.subarray(nameAt, extraAt)),
      method: view.getUint16(at + 10, true),
      isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      packedBytes: wide.packedBytes,
      headerAt: wide.headerAt + shift,
    }
    at = next
  }
}

/** Where the table of contents is, and how far from where it says it is. */
function tableOf(view: DataView): { start: number; end: number; shift: number } {
  const last = view.byteLength - END_BYTES
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) !== END) continue
    const wideAt = at - LOCATOR_BYTES
    const isWide = wideAt >= 0 && view.getUint32(wideAt, true) === LOCATOR_64
    const table = isWide
      ? wideTable(view, wideAt)
      : { size: view.getUint32(at + 12, true), said: view.getUint32(at + 16, true), end: at }
    const start = table.end - table.size
    if (start < 0) throw new Error('its table of contents is larger than the archive')
    return { start, end: table.end, shift: start - table.said }
  }
  throw new Error('it is no zip archive, or its end is missing')
}

function wideTable(view: DataView, locatorAt: number): { size: number; said: number; end: number } {
  // Written just before the locator; where the locator says it is does not hold with something in front.
  for (let at = locatorAt - 56; at >= Math.max(0, locatorAt - 56 - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) !== END_64) continue
    return { size: Number(view.getBigUint64(at + 40, true)), said: Number(view.getBigUint64(at + 48, true)), end: at }
  }
  throw new Error('its table of contents is missing')
}

/** Sizes of four bytes that are all ones stand in an extra field, in eight. */
function wideSizes(
  view: DataView,
  entryAt: number,
  from: number,
  to: number,
): { packedBytes: number; headerAt: number } {
  const narrow = [24, 20, 42].map(offset => view.getUint32(entryAt + offset, true))
  const wide = narrow.slice()
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue
    let value = at + 4
    const valuesEnd = Math.min(to, value + view.getUint16(at + 2, true))
    for (const [index, size] of narrow.entries()) {
      if (size !== 0xffff_ffff || value + 8 > valuesEnd) continue
      wide[index] = Number(view.getBigUint64(value, true))
      value += 8
    }
  }
  return { packedBytes: wide[1] ?? 0, headerAt: wide[2] ?? 0 }
}

/**
 * A member's content: a part of the archive's own bytes when it is stored, unpacked otherwise.
 * @throws OverBudget when it is larger than what is left
 * @throws Error when it is damaged, encrypted, larger than `largestBytes`, or packed in a way that Java does not read
 */
export function unpackMember(archive: Uint8Array, member: ZipMember, largestBytes: number, budget: Budget): Uint8Array {
  const packed = packedBytes(archive, member)
  const allowed = Math.min(largestBytes, budget.leftBytes)
  const content = member.method === STORED ? packed : inflate(packed, member, allowed)
  // What was unpacked in vain was work too.
  budget.leftBytes -= Math.min(content?.byteLength ?? allowed, allowed)
  if (content !== undefined && content.byteLength <= allowed) return content
  if (allowed === largestBytes) throw new Error(`${member.name} is larger than ${largestBytes} bytes`)
  throw new OverBudget(`${member.name} unpacks to more than is read of one file, with the archives in it`)
}

function packedBytes(archive: Uint8Array, { name, method, isEncrypted, packedBytes: length, headerAt }: ZipMember) {
  if (isEncrypted) throw new Error(`${name} is encrypted`)
  if (method !== STORED && method !== DEFLATED) throw new Error(`${name} is packed by method ${method}`)
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength)
  const hasHeader = headerAt >= 0 && headerAt + LOCAL_BYTES <= archive.byteLength
  if (!hasHeader || view.getUint32(headerAt, true) !== LOCAL)
    throw new Error(`${name} is not where the table of contents says`)
  const start = headerAt + LOCAL_BYTES + view.getUint16(headerAt + 26, true) + view.getUint16(headerAt + 28, true)
  if (start + length > archive.byteLength) throw new Error(`${name} is cut short`)
  return archive.subarray(start, start + length)
}

/** Nothing when it is larger than allowed. */
function inflate(packed: Uint8Array, { name }: ZipMember, allowed: number): Uint8Array | undefined {
  if (allowed < 1) return undefined
  try {
    return inflateRawSync(packed, { maxOutputLength: allowed })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw new Error(`${name} is damaged: ${message}`, { cause: error })
  }
}
