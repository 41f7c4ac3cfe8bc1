import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file is durable under its name when its bytes are and its folder is: fsync(2), "Calling fsync() does not…". */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the folder and its parents; each that is new is durable in its parent. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/**
 * Moves the open file to a folder that is made when missing; bytes and name are durable when it resolves. They are
 * synced at the same time, after the move, so that a file system with a journal writes it once and not twice. Until
 * then the name may stand for bytes that a power cut takes: nobody may be told of it.
 */
export async function moveDurably(file: { handle: FileHandle; path: string }, to: string): Promise<void> {
  try {
    await rename(file.path, to)
  } catch (error) {
    if (!isAbsent(error)) throw error
    await makeFolder(dirname(to))
    await rename(file.path, to)
  }
  await Promise.all([file.handle.sync(), syncFolder(dirname(to)), nameFolder(dirname(to))])
}

const named = new Set<string>()

/** Another upload, or another process, may have made the folder a moment ago and not synced the one above it yet. */
async function nameFolder(folder: string): Promise<void> {
  if (named.has(folder)) return
  await syncFolder(dirname(folder))
  await syncFolder(dirname(dirname(folder)))
  named.add(folder)
}

export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
