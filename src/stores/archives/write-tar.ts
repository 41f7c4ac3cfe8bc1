import { createWriteStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { ArchiveWriter } from './archive.ts'

/** The file has its name only when it is whole. */
export function tarWriter(file: string): ArchiveWriter {
  const archive = pack()
  const part = `${file}.part`
  const writing = pipeline(archive, createWriteStream(part))
  // Awaited in close; a failure until then surfaces there.
  writing.catch(() => undefined)
  return {
    async write(path, sizeBytes, bytes) {
      const entry = archive.entry({ name: path, size: sizeBytes })
      await Promise.race([pipeline(Readable.from(bytes, { objectMode: false }), entry), writing])
    },
    has: async () => false,
    async close() {
      archive.finalize()
      await writing
      {
        await using handle = await open(part, 'r')
        await handle.sync()
      }
      await rename(part, file)
    },
  }
}
