import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { BadFile } from './bad-file.ts'
import { type Document, Unpacked } from './document.ts'

const BLOCK_BYTES = 512

/** The files of a tar file. @throws BadFile when it is damaged or has no end. */
export async function* tarEntries(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Document> {
  const archive = extract()
  const unpacked = new Unpacked(name)
  let length = 0
  let hasEnd = false
  const counted = async function* () {
    for await (const chunk of bytes) {
      length += chunk.byteLength
      unpacked.add(chunk.byteLength)
      hasEnd = isZero(chunk.subarray(-Math.min(chunk.byteLength, BLOCK_BYTES)))
      yield chunk
    }
    // What is cut short in the middle of a file would leave its reader waiting.
    if (!hasEnd || length % BLOCK_BYTES !== 0) throw new BadFile(`${name} is cut short`)
  }
  const source = Readable.from(counted())
  source.once('error', error => archive.destroy(error))
  source.pipe(archive)
  try {
    for await (const entry of archive) {
      if (entry.header.type === 'file')
        yield { name: `${name}!/${entry.header.name}`, chunks: entry as unknown as AsyncIterable<Uint8Array> }
      entry.resume()
    }
  } catch (error) {
    if (error instanceof BadFile) throw error
    throw new BadFile(`${name} is damaged: ${error instanceof Error ? error.message : error}`, { cause: error })
  } finally {
    source.destroy()
    archive.destroy()
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0)
}
