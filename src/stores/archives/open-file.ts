import { open, stat } from 'node:fs/promises'

const READ_BYTES = 1 << 20

/** A file's size and bytes; undefined when there is no such file. The file is open only while it is read. */
export async function openFile(
  path: string,
): Promise<{ readonly sizeBytes: number; readonly bytes: AsyncIterable<Uint8Array> } | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? { sizeBytes: found.size, bytes: readFile(path) } : undefined
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  await using handle = await open(path, 'r')
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}
