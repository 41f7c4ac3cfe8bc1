import { createHash, randomFillSync } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bytes, digestOf } from '../test/support/registry-client.ts'

const MIB = 2 ** 20

/** Random bytes, each call other ones: a registry must not find that it has them already. */
export function randomBlob(sizeBytes: number): Bytes {
  const bytes = new Uint8Array(sizeBytes)
  randomFillSync(bytes)
  return { bytes, digest: digestOf(bytes) }
}

export interface BigFile {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}

/** A file of random bytes, of which a new first MiB makes a new digest each time. */
export async function randomFile(folder: string, name: string, sizeBytes: number): Promise<BigFile> {
  const path = join(folder, name)
  await using file = await open(path, 'w')
  const hash = createHash('sha256')
  const piece = new Uint8Array(MIB)
  for (let written = 0; written < sizeBytes; written += piece.length) {
    randomFillSync(piece)
    hash.update(piece)
    await file.write(piece)
  }
  return { path, digest: `sha256:${hash.digest('hex')}`, sizeBytes }
}
