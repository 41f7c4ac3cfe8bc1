import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../../../oci/index.ts'
import type { UploadStore } from '../blob-store.ts'
import { isAbsent, isDiskFull, makeFolder, moveDurably } from './durable.ts'
import { keyOf, type Layout, uploadPath } from './layout.ts'
import { receive } from './receive.ts'

const READ_BYTES = 1 << 20

export function filesystemUploads(layout: Layout): UploadStore {
  const pathOf = (id: string) => uploadPath(layout, id)
  const objectOf = (id: string, digest: Digest) => join(layout.blobs, keyOf(digest, id))
  return {
    async received(id) {
      try {
        return (await stat(pathOf(id))).size
      } catch (error) {
        if (isAbsent(error)) return 0
        throw error
      }
    },
    async append(id, offset, incoming, observe) {
      await using handle = await openFor(offset === 0 ? 'w+' : 'a+', pathOf(id))
      if (offset > 0) await handle.truncate(offset)
      try {
        return await receive(handle, offset, incoming, observe)
      } catch (error) {
        // What a full disk cut off is of use to nobody, and the space is to everybody.
        if (isDiskFull(error)) await handle.truncate(offset)
        throw error
      }
    },
    async *read(id) {
      await using handle = await openFor('a+', pathOf(id))
      let position = 0
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position)
        if (bytesRead === 0) return
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    },
    async complete(id, digest) {
      // Made when missing: an upload that nothing was written to is empty.
      await using handle = await openFor('a+', pathOf(id))
      await moveDurably({ handle, path: pathOf(id) }, objectOf(id, digest))
      return { storageKey: keyOf(digest, id), leftovers: [] }
    },
    async reopen(id, digest) {
      try {
        await rename(objectOf(id, digest), pathOf(id))
      } catch (error) {
        if (!isAbsent(error)) throw error
      }
    },
    async discard(id, digest) {
      await rm(pathOf(id), { force: true })
      if (digest) await rm(objectOf(id, digest), { force: true })
    },
  }
}

async function openFor(flags: 'a+' | 'w+', path: string): Promise<FileHandle> {
  try {
    return await open(path, flags)
  } catch (error) {
    if (!isAbsent(error)) throw error
    await makeFolder(dirname(path))
    return open(path, flags)
  }
}
