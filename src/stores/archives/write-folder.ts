import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArchiveWriter } from './archive.ts'

export function folderWriter(folder: string): ArchiveWriter {
  return {
    async write(path, _sizeBytes, bytes) {
      const target = join(folder, path)
      await mkdir(dirname(target), { recursive: true })
      {
        await using handle = await open(`${target}.part`, 'w')
        for await (const piece of bytes) await handle.appendFile(piece)
        await handle.sync()
      }
      await rename(`${target}.part`, target)
    },
    async has(path, sizeBytes) {
      const found = await stat(join(folder, path)).catch(() => undefined)
      return found?.size === sizeBytes
    },
    close: async () => undefined,
  }
}
