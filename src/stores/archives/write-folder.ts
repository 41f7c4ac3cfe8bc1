import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ArchiveWriter } from './archive.ts'
import { EXPORT_MARK, EXPORT_MARK_TEXT, folderOf } from './layout-folder.ts'
import { undefinedWhenAbsent } from './open-file.ts'

/** The folder is made; the one it lies in has to be there. */
export async function folderWriter(root: string): Promise<ArchiveWriter> {
  await mkdir(root).catch(error => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  await writeWhole(join(root, EXPORT_MARK), Buffer.byteLength(EXPORT_MARK_TEXT), [Buffer.from(EXPORT_MARK_TEXT)])
  const pathOf = (repository: string, file: string) => join(root, folderOf(repository), file)
  return {
    async write(repository, file, sizeBytes, bytes) {
      const target = pathOf(repository, file)
      await mkdir(dirname(target), { recursive: true })
      await writeWhole(target, sizeBytes, bytes)
    },
    async has(repository, file, sizeBytes) {
      const found = await stat(pathOf(repository, file)).catch(undefinedWhenAbsent)
      return found?.isFile() === true && found.size === sizeBytes
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** The file has its name only when it is whole. Until then it has one that no repository can have. */
async function writeWhole(
  target: string,
  sizeBytes: number,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const part = join(dirname(target), `_${basename(target)}.part`)
  try {
    let written = 0
    {
      await using handle = await open(part, 'w')
      for await (const piece of bytes) {
        await handle.appendFile(piece)
        written += piece.length
      }
      if (written !== sizeBytes) throw new Error(`${target}: ${written} bytes came instead of ${sizeBytes}.`)
      await handle.sync()
    }
    await rename(part, target)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
