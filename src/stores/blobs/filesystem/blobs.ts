import type { Dirent } from 'node:fs'
import { open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BlobStore, ObjectFault, type QuarantineStore, type StoredObject } from '../blob-store.ts'
import { isAbsent, makeFolder, moveDurably, syncFolder } from './durable.ts'
import { type Layout, partsOfKey } from './layout.ts'

export function filesystemBlobs(layout: Layout): BlobStore & QuarantineStore {
  const pathOf = (key: string) => join(layout.blobs, key)
  return {
    async read(object, range) {
      const path = pathOf(object.storageKey)
      const status = await statIfThere(path)
      if (status?.size !== object.sizeBytes) throw new ObjectFault(object, status?.size)
      const file = Bun.file(path)
      return range ? file.slice(range.from, range.to + 1) : file
    },
    size: async key => (await statIfThere(pathOf(key)))?.size,
    async remove(key) {
      await rm(pathOf(key), { force: true })
      await syncFolder(dirname(pathOf(key))).catch(error => {
        if (!isAbsent(error)) throw error
      })
    },
    list: () => listObjects(layout),
    async quarantine(key) {
      const to = join(layout.quarantine, key)
      await makeFolder(dirname(to))
      await using handle = await open(pathOf(key), 'r+')
      await moveDurably({ handle, path: pathOf(key) }, to)
      await syncFolder(dirname(pathOf(key)))
    },
  }
}

async function* listObjects(layout: Layout): AsyncGenerator<StoredObject> {
  for (const algorithm of await entries(layout.blobs)) {
    for (const prefix of await entries(join(layout.blobs, algorithm.name))) {
      for (const file of await entries(join(layout.blobs, algorithm.name, prefix.name))) {
        const key = `${algorithm.name}/${prefix.name}/${file.name}`
        const parts = partsOfKey(key)
        const status = parts && (await statIfThere(join(layout.blobs, key)))
        if (parts && status) yield { key, ...parts, sizeBytes: status.size, modifiedAt: status.mtimeMs }
      }
    }
  }
}

async function entries(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
