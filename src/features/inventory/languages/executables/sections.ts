/** A part of an executable that lies in the file. */
export interface Section {
  readonly name: string
  /** Where it is in memory when the program runs. */
  readonly address: number
  readonly bytes: Uint8Array
  readonly isWritable: boolean
}

/** As much of an executable as is needed to find what its build left in it. */
export interface Executable {
  readonly sections: readonly Section[]
  readonly isBigEndian: boolean
  /** Bytes of a pointer. */
  readonly pointerBytes: 4 | 8
}

const MOST_SECTIONS = 65_536

/** More than a linker makes, of an executable that was written to keep its reader busy. */
export function demandSane(count: number): void {
  if (count > MOST_SECTIONS) throw new Error(`it says that it has ${count} sections; no linker makes so many`)
}

/** What lies at an address in memory, as far as its section reaches. */
export function bytesAt({ sections }: Executable, address: number): Uint8Array {
  const section = sections.find(one => address >= one.address && address < one.address + one.bytes.byteLength)
  if (section === undefined) throw new Error('it points to an address that it does not have')
  return section.bytes.subarray(address - section.address)
}

/** A part of a file; what goes past its end is left out. */
export function part(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && length >= 0) || offset > bytes.byteLength) return bytes.subarray(0, 0)
  return bytes.subarray(offset, offset + length)
}

/** Text up to the first zero byte. */
export function zeroEnded(bytes: Uint8Array): string {
  const end = bytes.subarray(0, 256).indexOf(0)
  return new TextDecoder('latin1').decode(bytes.subarray(0, end < 0 ? 256 : end))
}
