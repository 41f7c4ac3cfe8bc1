import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { Document } from './document.ts'
import { tarEntries } from './tar-entries.ts'

/** The files in a stream in the tar format, by the names that they have there. @throws BadFile. */
export async function* filesIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Document> {
  const place = 'what was sent'
  for await (const { name, chunks } of tarEntries(place, stream))
    yield { name: name.slice(place.length + 2).replace(/^\.\//, ''), chunks }
}

/**
 * Every file below a folder, or one file, as a stream in the tar format; names are relative to the folder.
 * @throws what the file system throws, such as ENOENT.
 */
export async function* packFolder(path: string): AsyncGenerator<Uint8Array> {
  const root = (await stat(path)).isDirectory() ? path : dirname(path)
  const files = root === path ? filesBelow(path) : [path]
  const archive = pack()
  const packing = (async () => {
    for await (const file of files) {
      const { size } = await stat(file)
      const name = root === path ? relative(root, file) : basename(file)
      await pipeline(createReadStream(file), archive.entry({ name, size }))
    }
    archive.finalize()
  })()
  packing.catch(error => archive.destroy(error))
  try {
    for await (const chunk of archive) yield chunk as Uint8Array
    await packing
  } finally {
    archive.destroy()
  }
}

/** In the order of their names, so that what belongs together comes together. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile())) yield path
  }
}
