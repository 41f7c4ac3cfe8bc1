import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent, moveDurably } from '../blobs/index.ts'
import { type BackupFiles, MARK } from './backup-files.ts'

/** What is being written lies in here, so that what a kill leaves is found. */
const UNFINISHED = 'unfinished'
const LOCK = 'lock'

export function folderFiles(folder: string): BackupFiles {
  const pathOf = (key: string) => join(folder, key)
  return {
    place: folder,
    async *list(prefix) {
      for await (const key of keysBelow(folder, prefix)) {
        if (!key.startsWith(`${UNFINISHED}/`)) yield { key, sizeBytes: (await stat(pathOf(key))).size }
      }
    },
    async read(key) {
      const file = Bun.file(pathOf(key))
      return (await file.exists()) ? file.stream() : undefined
    },
    async write(key, bytes) {
      await mkdir(pathOf(UNFINISHED), { recursive: true })
      const path = join(folder, UNFINISHED, crypto.randomUUID())
      try {
        await using handle = await open(path, 'wx')
        for await (const piece of bytes) await handle.appendFile(piece)
        await moveDurably({ handle, path }, pathOf(key))
      } catch (error) {
        await rm(path, { force: true })
        throw error
      }
    },
    remove: key => rm(pathOf(key), { force: true }),
  }
}

type TakeLock = (file: string) => { release(): void } | undefined

/**
 * Keeps other backups from the folder, and removes what one that was killed was about to write. A folder that is no
 * backup is left as it is. Undefined when another backup has it.
 */
export async function lockFolder(folder: string, takeLock: TakeLock): Promise<{ release(): void } | undefined> {
  const unfinished = join(folder, UNFINISHED)
  await mkdir(folder, { recursive: true })
  const names = await readdir(folder)
  if (!names.includes(MARK) && names.some(name => name !== UNFINISHED)) return { release: () => undefined }
  await mkdir(unfinished, { recursive: true })
  const lock = takeLock(join(unfinished, LOCK))
  if (!lock) return undefined
  for (const name of await readdir(unfinished)) if (!name.startsWith(LOCK)) await rm(join(unfinished, name))
  return lock
}

/** A folder at a time is in memory; "/" comes before whatever a name here has, so the order is that of the keys. */
async function* keysBelow(root: string, below: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch(error => {
    if (isAbsent(error)) return []
    throw error
  })
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const key = `${below}${entry.name}`
    if (entry.isDirectory()) yield* keysBelow(root, `${key}/`)
    else yield key
  }
}
