import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { messageOf, undefinedWhenAbsent } from './open-file.ts'

/**
 * What lies in a folder, in order of names; nothing when it is absent. A folder that cannot be read is a fault, for it
 * may hold what was asked for.
 */
export async function entriesIn(folder: string, faults: string[]): Promise<readonly Dirent[]> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true }).catch(undefinedWhenAbsent)) ?? []
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch (error) {
    faults.push(`${folder}: cannot be read: ${messageOf(error)}`)
    return []
  }
}

export async function foldersIn(folder: string, faults: string[]): Promise<readonly string[]> {
  return (await entriesIn(folder, faults)).filter(entry => entry.isDirectory()).map(entry => entry.name)
}
