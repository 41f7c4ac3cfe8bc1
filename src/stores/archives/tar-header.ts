import { open } from 'node:fs/promises'
import { messageOf } from './open-file.ts'

export const TAR_BLOCK_BYTES = 512
const CHECKSUM = { from: 148, to: 156 }

/** What a file begins with: the name of its first entry, `empty` for a tar file without one; undefined for no tar. */
export async function firstEntryOf(file: string): Promise<{ readonly name: string } | 'empty' | undefined> {
  await using handle = await open(file, 'r')
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(TAR_BLOCK_BYTES), 0, TAR_BLOCK_BYTES, 0)
  if (bytesRead < TAR_BLOCK_BYTES) return undefined
  if (buffer.every(byte => byte === 0)) return 'empty'
  if (Number.parseInt(textAt(buffer, CHECKSUM.from, CHECKSUM.to), 8) !== checksumOf(buffer)) return undefined
  return { name: textAt(buffer, 0, 100) }
}

/** POSIX pax, "ustar Interchange Format": the sum of the header's bytes, those of the sum taken for spaces. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= CHECKSUM.from && at < CHECKSUM.to ? 0x20 : byte), 0)
}

function textAt(header: Buffer, from: number, to: number): string {
  const text = header.toString('utf8', from, to)
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

/** Why a tar file that began well could not be read to its end. */
export function cutShort(file: string, error: unknown): string {
  return `${file} is cut short or damaged: ${messageOf(error).replace(/\.$/, '')}.`
}
