import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PARTIAL, removeIfThere, sizeIfThere } from './layout.ts'

/** Of the limit, so much is left when something had to go: to look through the folder is not done for each object. */
const KEPT_SHARE = 0.9
/** What was read a moment ago may be being sent. */
const IN_USE_MS = 15_000
/** A partial file that nobody wrote to for so long has lost its writer. */
const ABANDONED_MS = 60_000
/** Other processes fill the same folder: what they added is counted at least this often. */
const RECOUNT_MS = 5_000

/** Keeps the folder, which several processes fill, below its limit: what was not read for longest goes first. */
export class Budget {
  readonly #folder: string
  readonly #maxBytes: number
  #usedBytes = Number.POSITIVE_INFINITY
  #countedAt = 0
  #sweeping: Promise<void> | undefined

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Makes room for so many bytes; false when there is none. */
  async reserve(bytes: number): Promise<boolean> {
    if (bytes > this.#maxBytes * KEPT_SHARE) return false
    if (this.#usedBytes + bytes > this.#maxBytes || Date.now() - this.#countedAt > RECOUNT_MS) await this.#sweep(bytes)
    if (this.#usedBytes + bytes > this.#maxBytes) return false
    this.#usedBytes += bytes
    return true
  }

  async #sweep(bytes: number): Promise<void> {
    this.#sweeping ??= this.#count(bytes).finally(() => {
      this.#sweeping = undefined
    })
    await this.#sweeping
  }

  async #count(bytes: number): Promise<void> {
    const entries = await listEntries(this.#folder)
    const now = Date.now()
    let used = entries.reduce((total, entry) => total + entry.size, 0)
    if (used + bytes > this.#maxBytes) {
      for (const { path, size, mtimeMs } of entries.sort((one, other) => one.mtimeMs - other.mtimeMs)) {
        if (used + bytes <= this.#maxBytes * KEPT_SHARE) break
        if (now - mtimeMs < (path.endsWith(PARTIAL) ? ABANDONED_MS : IN_USE_MS)) continue
        await removeIfThere(path)
        used -= size
      }
    }
    this.#usedBytes = used
    this.#countedAt = now
  }
}

async function listEntries(folder: string) {
  const names = await readdir(folder, { recursive: true }).catch(error => {
    if (error?.code === 'ENOENT') return []
    throw error
  })
  const entries: { path: string; size: number; mtimeMs: number }[] = []
  for (const name of names) {
    // Entries are two levels deep; what is above is a folder.
    if (!name.includes('/')) continue
    const path = join(folder, name)
    const status = await sizeIfThere(path)
    if (status) entries.push({ path, size: status.size, mtimeMs: status.mtimeMs })
  }
  return entries
}
