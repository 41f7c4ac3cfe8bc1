import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { BadFile } from './bad-file.ts'
import { type Document, Unpacked } from './document.ts'
import type { SpooledFile } from './spool.ts'

/** The files of a zip file, each with its checksum compared. @throws BadFile when it is damaged or cut short. */
export async function* zipEntries({ path, name }: SpooledFile): AsyncGenerator<Document> {
  const unpacked = new Unpacked(name)
  const said = (error: unknown) =>
    error instanceof BadFile
      ? error
      : new BadFile(`${name} is damaged or cut short: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        })
  let zip: ZipFile
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false })
  } catch (error) {
    throw said(error)
  }
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue
      yield { name: `${name}!/${entry.fileName}`, chunks: checked(zip, entry, unpacked) }
    }
  } catch (error) {
    throw said(error)
  } finally {
    zip.close()
  }
}

async function* checked(zip: ZipFile, entry: Entry, unpacked: Unpacked): AsyncGenerator<Uint8Array> {
  const stream: Readable = await zip.openReadStreamPromise(entry)
  let sum = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    unpacked.add(chunk.byteLength)
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (sum !== entry.crc32) throw new BadFile(`${entry.fileName} is not what its checksum says`)
}
