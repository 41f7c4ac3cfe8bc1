import { existsSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StorageMark } from '../blob-store.ts'
import { isAbsent, syncFolder } from './durable.ts'
import type { Layout } from './layout.ts'

/** The file `storage.id` in the data folder. */
export function filesystemMark(folder: string, layout: Layout): StorageMark {
  const file = join(folder, 'storage.id')
  const read = async () => {
    try {
      return (await readFile(file, 'utf8')).trim()
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }
  return {
    read,
    async write(id) {
      const there = await read()
      if (there !== undefined) return there
      await mkdir(folder, { recursive: true })
      await using handle = await open(file, 'wx')
      await handle.writeFile(`${id}\n`)
      await handle.sync()
      await syncFolder(folder)
      return id
    },
    isEmpty: async () => !existsSync(layout.blobs),
  }
}
