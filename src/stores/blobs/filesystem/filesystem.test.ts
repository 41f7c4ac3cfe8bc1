import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDigest } from '../../../oci/index.ts'
import { blobStoreContract } from '../blob-store.contract.ts'
import { filesystemBlobStores } from './index.ts'

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'berth-blobs-'))
  return {
    ...filesystemBlobStores(folder),
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

blobStoreContract('the filesystem', open)

test('a file that is none of the objects is left alone and not listed', async () => {
  await using stores = await open()
  await mkdir(join(stores.folder, 'blobs/sha256/ab'), { recursive: true })
  await writeFile(join(stores.folder, 'blobs/sha256/ab/notes.txt'), 'mine')
  expect(await Array.fromAsync(stores.blobs.list())).toEqual([])
  expect(await readdir(join(stores.folder, 'blobs/sha256/ab'))).toEqual(['notes.txt'])
})

test('an object lies in the folder of its digest, under the digest and the id of its upload', async () => {
  await using stores = await open()
  const digest = parseDigest(`sha256:${'ab'.repeat(32)}`)
  const { storageKey } = await stores.uploads.complete('0f-1', digest)
  expect(storageKey).toBe(`sha256/ab/${'ab'.repeat(32)}.0f-1`)
})
