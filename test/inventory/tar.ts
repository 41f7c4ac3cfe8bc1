import { gzipSync, zstdCompressSync } from 'node:zlib'

export interface TarFile {
  readonly name: string
  readonly type?: string
  readonly content?: Uint8Array | string
  readonly linkName?: string
  readonly mode?: number
  /** What the header says, when it lies. */
  readonly sizeBytes?: number
  /** Changes the header after all else and before its checksum. */
  readonly forge?: (header: Buffer) => void
  /** Changes the header after its checksum. */
  readonly damage?: (header: Buffer) => void
}

const BLOCK = 512

/** A tar archive with its end, made by hand: no library writes what these tests need. */
export function tarOf(...files: readonly TarFile[]): Buffer {
  return Buffer.concat([...files.map(entryOf), Buffer.alloc(2 * BLOCK)])
}

/** Header, content and padding of one file. */
export function entryOf(file: TarFile): Buffer {
  const content = Buffer.from(file.content ?? '')
  return Buffer.concat([headerOf(file, content.length), content, Buffer.alloc(padding(content.length))])
}

export function headerOf(
  { name, type = '0', linkName = '', mode = 0o644, sizeBytes, forge, damage }: TarFile,
  length: number,
): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(name, 0, 100)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(sizeBytes ?? length, 12), 124)
  header.write(octal(0, 12), 136)
  header.write(type, 156)
  header.write(linkName, 157, 100)
  header.write('ustar\x0000', 257)
  forge?.(header)
  header.write(' '.repeat(8), 148)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  damage?.(header)
  return header
}

/** A pax header for the entry after it. */
export function paxOf(records: readonly (readonly [key: string, value: string])[]): TarFile {
  return {
    name: 'PaxHeaders/x',
    type: 'x',
    content: Buffer.concat(records.map(([key, value]) => recordOf(key, value))),
  }
}

/** A GNU header for a name that is too long for its own. */
export function longNameOf(name: string, type: 'L' | 'K' = 'L'): TarFile {
  return { name: '././@LongLink', type, content: `${name}\0` }
}

function recordOf(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

export function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`

export const COMPRESS = { tar: (bytes: Uint8Array) => Buffer.from(bytes), gzip: gzipSync, zstd: zstdCompressSync }
