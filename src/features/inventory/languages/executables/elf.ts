import { demandSane, type Executable, part, type Section, zeroEnded } from './sections.ts'

const WRITABLE = 1n
const TAKES_NO_SPACE = 8
const LOADED = 1
const SEGMENT_WRITABLE = 2

interface Reading {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly isLittle: boolean
  readonly is64: boolean
}

/**
 * Sections of an ELF file; its segments when it has no sections, as after `sstrip`.
 * @throws RangeError when it is cut short.
 */
export function readElf(bytes: Uint8Array): Executable {
  const file: Reading = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    isLittle: bytes[5] === 1,
    is64: bytes[4] === 2,
  }
  const sections = sectionsOf(file)
  return {
    sections: sections.length > 0 ? sections : segmentsOf(file),
    isBigEndian: !file.isLittle,
    pointerBytes: file.is64 ? 8 : 4,
  }
}

const word = ({ view, isLittle, is64 }: Reading, at: number): number =>
  is64 ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle)

function sectionsOf(file: Reading): Section[] {
  const { bytes, view, isLittle, is64 } = file
  const table = word(file, is64 ? 40 : 32)
  const size = view.getUint16(is64 ? 58 : 46, isLittle)
  const count = view.getUint16(is64 ? 60 : 48, isLittle)
  const nameIndex = view.getUint16(is64 ? 62 : 50, isLittle)
  if (table === 0 || count === 0 || size < (is64 ? 64 : 40)) return []
  demandSane(count)
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + index * size
    return {
      name: view.getUint32(at, isLittle),
      type: view.getUint32(at + 4, isLittle),
      flags: BigInt(word(file, at + 8)),
      address: word(file, at + (is64 ? 16 : 12)),
      offset: word(file, at + (is64 ? 24 : 16)),
      size: word(file, at + (is64 ? 32 : 20)),
    }
  })
  const names = headers[nameIndex]
  const texts = names === undefined ? bytes.subarray(0, 0) : part(bytes, names.offset, names.size)
  return headers.map(header => ({
    name: zeroEnded(part(texts, header.name, 256)),
    address: header.address,
    bytes: header.type === TAKES_NO_SPACE ? bytes.subarray(0, 0) : part(bytes, header.offset, header.size),
    isWritable: (header.flags & WRITABLE) !== 0n,
  }))
}

function segmentsOf(file: Reading): Section[] {
  const { bytes, view, isLittle, is64 } = file
  const table = word(file, is64 ? 32 : 28)
  const size = view.getUint16(is64 ? 54 : 42, isLittle)
  const count = view.getUint16(is64 ? 56 : 44, isLittle)
  if (table === 0 || size < (is64 ? 56 : 32)) return []
  demandSane(count)
  return Array.from({ length: count }, (_, index) => table + index * size)
    .filter(at => view.getUint32(at, isLittle) === LOADED)
    .map(at => ({
      name: '',
      address: word(file, at + (is64 ? 16 : 8)),
      bytes: part(bytes, word(file, at + (is64 ? 8 : 4)), word(file, at + (is64 ? 32 : 16))),
      isWritable: (view.getUint32(at + (is64 ? 4 : 24), isLittle) & SEGMENT_WRITABLE) !== 0,
    }))
}
