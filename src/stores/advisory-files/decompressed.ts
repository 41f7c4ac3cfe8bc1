import type { Readable, Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { BadFile } from './bad-file.ts'
import { ZstdFrames } from './zstd-frames.ts'

export type Decompression = 'gzip' | 'zstd'

/** @throws BadFile when it is damaged or cut short. */
export async function* decompressed(source: Readable, how: Decompression, name: string): AsyncGenerator<Uint8Array> {
  const unpacking = (how === 'gzip' ? createGunzip() : createZstdDecompress()) as Transform
  const frames = new ZstdFrames()
  if (how === 'zstd') source.on('data', chunk => frames.see(chunk as Uint8Array))
  source.once('error', error => unpacking.destroy(error))
  source.pipe(unpacking)
  try {
    for await (const chunk of unpacking) yield chunk as Uint8Array
    if (how === 'zstd' && !frames.isWhole) throw new Error('its last frame has no end')
  } catch (error) {
    throw new BadFile(`${name} is damaged or cut short: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  } finally {
    source.destroy()
    unpacking.destroy()
  }
}
