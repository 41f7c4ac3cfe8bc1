import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Lets one server use a data folder at a time. SQLite's own lock on a file of its own: the kernel frees it with the
 * process, however that ends. Undefined when another server has it.
 */
export function takeServerLock(file: string): { release(): void } | undefined {
  mkdirSync(dirname(file), { recursive: true })
  const database = new Database(file, { create: true, readwrite: true })
  try {
    database.run('pragma locking_mode = exclusive')
    database.run('begin exclusive')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
}
