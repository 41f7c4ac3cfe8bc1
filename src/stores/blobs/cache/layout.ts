import { stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'

export const PARTIAL = '.partial'

/** cache/0f/0f3c….<random>: an object under its storage key, which never stands for other bytes. */
export function entryPath(folder: string, storageKey: string): string {
  return join(folder, storageKey)
}

export async function sizeIfThere(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
