import { demandSane, type Executable, part, type Section, zeroEnded } from './sections.ts'

const SEGMENT = 1
const SEGMENT_64 = 0x19
const WRITABLE = 2
const MOST_ARCHITECTURES = 32

/**
 * The programs in a file for macOS: one, or one for each architecture.
 * @throws RangeError when it is cut short.
 */
export function readMachO(bytes: Uint8Array): readonly Executable[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint32(0)
  if (magic !== 0xcafe_babe) return [readOne(bytes)]
  const count = view.getUint32(4)
  // Compiled Java begins with the same four bytes, and then its version, which is at least 45.
  if (count > MOST_ARCHITECTURES) return []
  return Array.from({ length: count }, (_, index) =>
    readOne(part(bytes, view.getUint32(16 + index * 20), view.getUint32(20 + index * 20))),
  )
}

function readOne(bytes: Uint8Array): Executable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isLittle = view.getUint8(0) !== 0xfe
  const is64 = view.getUint32(0, isLittle) === 0xfeed_facf
  const count = view.getUint32(16, isLittle)
  demandSane(count)
  const sections: Section[] = []
  for (let at = is64 ? 32 : 28, index = 0; index < count; index++) {
    const command = view.getUint32(at, isLittle)
    const size = view.getUint32(at + 4, isLittle)
    if (size < 8) throw new Error('one of its load commands has no size')
    if (command === SEGMENT || command === SEGMENT_64) sections.push(...sectionsOf(bytes, view, isLittle, at))
    at += size
  }
  return { sections, isBigEndian: !isLittle, pointerBytes: is64 ? 8 : 4 }
}

function sectionsOf(bytes: Uint8Array, view: DataView, isLittle: boolean, at: number): Section[] {
  const is64 = view.getUint32(at, isLittle) === SEGMENT_64
  const isWritable = (view.getUint32(at + (is64 ? 60 : 44), isLittle) & WRITABLE) !== 0
  const count = view.getUint32(at + (is64 ? 64 : 48), isLittle)
  demandSane(count)
  return Array.from({ length: count }, (_, index) => {
    const header = at + (is64 ? 72 + index * 80 : 56 + index * 68)
    return {
      name: zeroEnded(part(bytes, header, 16)),
      address: is64 ? Number(view.getBigUint64(header + 32, isLittle)) : view.getUint32(header + 32, isLittle),
      bytes: part(
        bytes,
        view.getUint32(header + (is64 ? 48 : 40), isLittle),
        is64 ? Number(view.getBigUint64(header + 40, isLittle)) : view.getUint32(header + 36, isLittle),
      ),
      isWritable,
    }
  })
}
