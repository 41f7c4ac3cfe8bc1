import { demandSane, type Executable, part, zeroEnded } from './sections.ts'

const WRITABLE = 0x8000_0000
const IS_64 = 0x20b

/**
 * Sections of a program for Windows.
 * @throws RangeError when it is cut short, Error when it is something else that begins with MZ.
 */
export function readPe(bytes: Uint8Array): Executable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = view.getUint32(0x3c, true)
  if (view.getUint32(start, true) !== 0x0000_4550) throw new Error('it is no program for Windows')
  const count = view.getUint16(start + 6, true)
  demandSane(count)
  const optionalBytes = view.getUint16(start + 20, true)
  const is64 = view.getUint16(start + 24, true) === IS_64
  const base = is64 ? Number(view.getBigUint64(start + 48, true)) : view.getUint32(start + 52, true)
  const table = start + 24 + optionalBytes
  const sections = Array.from({ length: count }, (_, index) => {
    const at = table + index * 40
    const size = Math.min(view.getUint32(at + 8, true) || Number.POSITIVE_INFINITY, view.getUint32(at + 16, true))
    return {
      name: zeroEnded(part(bytes, at, 8)),
      address: base + view.getUint32(at + 12, true),
      bytes: part(bytes, view.getUint32(at + 20, true), size),
      isWritable: (view.getUint32(at + 36, true) & WRITABLE) !== 0,
    }
  })
  return { sections, isBigEndian: false, pointerBytes: is64 ? 8 : 4 }
}
