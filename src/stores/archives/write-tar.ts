import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { ArchiveWriter } from './archive.ts'
import { EXPORT_MARK, EXPORT_MARK_TEXT, folderOf } from './layout-folder.ts'

/** Two blocks of zeros: POSIX pax, "ustar Interchange Format". */
const END_BYTES = 1024

/**
 * The file has its name only when it is whole.
 *
 * An entry's header, with its size, lies before its bytes, and only at their end does one know whether they were right.
 * To check each blob before would read everything twice, and to fill up what is short would leave a blob in the archive
 * that is none. But it is a file: each entry is written as a tar file of its own, over the end of the one before, and
 * one that fails is written over by the next.
 */
export async function tarWriter(file: string): Promise<ArchiveWriter> {
  const part = `${file}.part`
  const handle = await open(part, 'w')
  let end = 0
  let isWhole = false
  const append = async (name: string, sizeBytes: number, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
    end = (await writeEntry(handle, end, { name, sizeBytes, bytes })) - END_BYTES
  }
  const writer: ArchiveWriter = {
    write: (repository, layoutFile, sizeBytes, bytes) =>
      append(`${folderOf(repository)}/${layoutFile}`, sizeBytes, bytes),
    has: async () => false,
    async close() {
      // Behind the last entry a longer one may have failed.
      await handle.truncate(end)
      await writeAt(handle, new Uint8Array(END_BYTES), end)
      await handle.sync()
      await rename(part, file)
      isWhole = true
    },
    async [Symbol.asyncDispose]() {
      await handle.close()
      if (!isWhole) await rm(part, { force: true })
    },
  }
  try {
    // The first entry: by it another export knows that it may take this one's place.
    await append(EXPORT_MARK, Buffer.byteLength(EXPORT_MARK_TEXT), [Buffer.from(EXPORT_MARK_TEXT)])
    return writer
  } catch (error) {
    await writer[Symbol.asyncDispose]()
    throw error
  }
}

/** Writes a tar file of one entry from `start` on, and gives the position behind it. */
async function writeEntry(
  handle: FileHandle,
  start: number,
  entry: { name: string; sizeBytes: number; bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array> },
): Promise<number> {
  const archive = pack()
  const body = archive.entry({ name: entry.name, size: entry.sizeBytes })
  archive.finalize()
  let position = start
  let diskFailure: { readonly error: unknown } | undefined
  const take = async () => {
    for await (const piece of archive) {
      try {
        position = await writeAt(handle, piece as Uint8Array, position)
      } catch (error) {
        diskFailure = { error }
        throw error
      }
    }
  }
  const settled = await Promise.allSettled([pipeline(Readable.from(entry.bytes, { objectMode: false }), body), take()])
  // Each ends the other, so both may have failed; what is told is the failure of the disk or of the bytes.
  if (diskFailure) throw diskFailure.error
  const failed = settled.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
  return position
}

/** A write may take less than it is given. */
async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
  return position + written
}
