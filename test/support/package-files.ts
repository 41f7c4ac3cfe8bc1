import { deflateRawSync, deflateSync } from 'node:zlib'
import type { FileReader } from '../../src/features/inventory/index.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What a reader finds in a file, as `name version`; undefined when it does not want the file. */
export async function foundBy(readers: readonly FileReader[], path: string, content: string | Uint8Array) {
  const bytes = typeof content === 'string' ? encode(content) : content
  const file = { path, sizeBytes: bytes.byteLength, mode: 0o755, head: bytes.subarray(0, 512) }
  const wanting = readers.filter(reader => reader.wants(file))
  if (wanting.length === 0) return undefined
  return (await Promise.all(wanting.map(reader => reader.read({ ...file, bytes })))).flat()
}

/** A zip archive, as `jar` makes it; what begins with `stored:` is not deflated. */
export function zipOf(members: Readonly<Record<string, string | Uint8Array>>, inFront: string = ''): Uint8Array {
  const pieces: Uint8Array[] = [encode(inFront)]
  const table: Uint8Array[] = []
  let at = 0
  const write = (list: Uint8Array[], piece: Uint8Array) => list.push(piece)
  for (const [label, value] of Object.entries(members)) {
    const isStored = label.startsWith('stored:')
    const name = encode(label.replace(/^stored:/, ''))
    const content = typeof value === 'string' ? encode(value) : value
    const packed = isStored ? content : new Uint8Array(deflateRawSync(content))
    const rest = Buffer.alloc(26)
    rest.writeUInt16LE(20, 0)
    rest.writeUInt16LE(isStored ? 0 : 8, 4)
    rest.writeUInt32LE(Bun.hash.crc32(content), 10)
    rest.writeUInt32LE(packed.byteLength, 14)
    rest.writeUInt32LE(content.byteLength, 18)
    rest.writeUInt16LE(name.byteLength, 22)
    const entry = Buffer.concat([Buffer.from('504b01021400', 'hex'), rest, Buffer.alloc(14), name])
    entry.writeUInt32LE(at, 42)
    write(table, entry)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), rest, name, packed])
    write(pieces, local)
    at += local.byteLength
  }
  const directory = Buffer.concat(table)
  const end = Buffer.alloc(22)
  end.write('504b0506', 'hex')
  end.writeUInt16LE(table.length, 8)
  end.writeUInt16LE(table.length, 10)
  end.writeUInt32LE(directory.byteLength, 12)
  end.writeUInt32LE(at, 16)
  return new Uint8Array(Buffer.concat([...pieces, directory, end]))
}

/** A program for Linux with nothing in it but these sections. */
export function elfOf(sections: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = ['', ...Object.keys(sections), '.shstrtab']
  const texts = encode(names.map(name => `${name}\0`).join(''))
  const contents = [...Object.values(sections), texts]
  const header = Buffer.alloc(64)
  header.write('7f454c46020101', 'hex')
  header.writeUInt16LE(2, 16)
  let at = 64
  const table = [Buffer.alloc(64)]
  for (const [index, content] of contents.entries()) {
    const section = Buffer.alloc(64)
    section.writeUInt32LE(names.slice(0, index + 1).join('\0').length + (index === 0 ? 1 : 1), 0)
    section.writeUInt32LE(1, 4)
    section.writeBigUInt64LE(1n, 8)
    section.writeBigUInt64LE(BigInt(0x40_0000 + at), 16)
    section.writeBigUInt64LE(BigInt(at), 24)
    section.writeBigUInt64LE(BigInt(content.byteLength), 32)
    table.push(section)
    at += content.byteLength
  }
  header.writeBigUInt64LE(BigInt(at), 40)
  header.writeUInt16LE(64, 58)
  header.writeUInt16LE(table.length, 60)
  header.writeUInt16LE(table.length - 1, 62)
  return new Uint8Array(Buffer.concat([header, ...contents, ...table]))
}

/** A program as Go links it since 1.18, with the table that `go version -m` prints. */
export function goProgram(goVersion: string, lines: readonly string[]): Uint8Array {
  const fence = Buffer.alloc(16, 0xaa)
  const table = Buffer.concat([fence, encode(lines.map(line => `${line}\n`).join('')), fence])
  const magic = Buffer.alloc(32)
  magic.write('ff20476f206275696c64696e663a0802', 'hex')
  return elfOf({ '.go.buildinfo': Buffer.concat([magic, counted(encode(goVersion)), counted(table)]) })
}

function counted(bytes: Uint8Array): Uint8Array {
  const length: number[] = []
  for (let rest = bytes.byteLength; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80)
    if (rest < 0x80) break
  }
  return Buffer.concat([Uint8Array.from(length), bytes])
}

/** A program as `cargo auditable build` makes it. */
export const auditableProgram = (packages: readonly object[]): Uint8Array =>
  elfOf({ '.dep-v0': new Uint8Array(deflateSync(JSON.stringify({ packages }))) })
