import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StorageIdentity } from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'

/**
 * A database elsewhere could be paired with the wrong folder, and then every blob would seem lost. Both carry the same
 * id: the folder in `storage.id`. @throws CommandError when they do not belong together.
 */
export async function checkStorage(storage: StorageIdentity, data: string): Promise<void> {
  const file = join(data, 'storage.id')
  const here = existsSync(file) ? (await readFile(file, 'utf8')).trim() : undefined
  const tied = await storage.find()
  if (tied !== undefined && tied === here) return
  // Both are new, or the first start was cut off between marking the one and the other.
  if (tied === undefined && !existsSync(join(data, 'blobs'))) {
    const id = here ?? (await mark(file))
    const agreed = await storage.tie(id)
    if (agreed === id) return
  }
  throw new CommandError(
    `The database belongs to ${nameOf(tied)}, and ${data} is ${nameOf(here)}: correct data or database.url. If they do belong together, both must carry the same id: the folder in ${file}, the database in its table "storage".`,
  )
}

function nameOf(id: string | undefined): string {
  return id === undefined ? 'no storage yet' : `the storage ${id}`
}

async function mark(file: string): Promise<string> {
  const id = crypto.randomUUID()
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${id}\n`, { flag: 'wx', flush: true })
  return id
}
