import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Decompression, decompressed } from './decompressed.ts'
import type { Document } from './document.ts'
import type { SpooledFile } from './spool.ts'
import { tarEntries } from './tar-entries.ts'
import { zipEntries } from './zip-entries.ts'

const MAGIC: readonly (readonly [Decompression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
]
const TAR_MAGIC_AT = 257

/** What is in a file, in its order, whatever it is packed in. @throws BadFile. */
export async function* documentsOf(file: SpooledFile): AsyncGenerator<Document> {
  const head = await headOf(file.path)
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04])) {
    yield* zipEntries(file)
    return
  }
  const packed = MAGIC.find(([, magic]) => startsWith(head, magic))?.[0]
  const bytes = (): AsyncIterable<Uint8Array> => {
    const stream = createReadStream(file.path)
    return packed ? decompressed(stream, packed, file.name) : stream
  }
  const unpackedHead = packed ? await headOfStream(bytes()) : head
  if (isTar(unpackedHead)) yield* tarEntries(file.name, bytes())
  else yield { name: file.name, chunks: bytes() }
}

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path)
  try {
    const buffer = new Uint8Array(512)
    const { bytesRead } = await handle.read(buffer, 0, 512, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function headOfStream(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    length += chunk.byteLength
    if (length >= 512) break
  }
  return Buffer.concat(parts).subarray(0, 512)
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte)
}

function isTar(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + 5)).toString('latin1') === 'ustar'
}
