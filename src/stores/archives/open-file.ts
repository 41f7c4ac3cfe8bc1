import { open, stat } from 'node:fs/promises'
import { RegistryError } from '../../oci/index.ts'

const READ_BYTES = 1 << 20

/**
 * A file's size and bytes; undefined when there is no such file. The file is open only while it is read.
 * @throws RegistryError, also from the bytes, when it is there and cannot be read: that is one failure of many, and the
 * rest goes on.
 */
export async function openFile(
  path: string,
): Promise<{ readonly sizeBytes: number; readonly bytes: AsyncIterable<Uint8Array> } | undefined> {
  const found = await stat(path).catch(undefinedWhenAbsent).catch(unreadable(path))
  return found?.isFile() ? { sizeBytes: found.size, bytes: readFile(path) } : undefined
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(undefinedWhenAbsent))?.isFile() ?? false
}

/** For `catch`: what is not there is no failure, and everything else is. */
export function undefinedWhenAbsent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return
  throw error
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  await using handle = await open(path, 'r').catch(unreadable(path))
  for (;;) {
    const piece = Buffer.allocUnsafe(READ_BYTES)
    const { bytesRead } = await handle.read(piece, 0, READ_BYTES, null).catch(unreadable(path))
    if (bytesRead === 0) return
    yield piece.subarray(0, bytesRead)
  }
}

function unreadable(path: string): (error: unknown) => never {
  return error => {
    throw new RegistryError('UNAVAILABLE', `${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}
