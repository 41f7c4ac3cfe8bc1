import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openBucket } from '../../src/stores/blobs/open.ts'
import { sqlOn } from './database.ts'
import { blobsSettings } from './object-storage.ts'
import { digestOf } from './registry-client.ts'

/** What lies in the store of a data folder's registry, seen beside the server. */
export interface Store {
  /** Finished objects. */
  objects(): Promise<readonly Stored[]>
  /** Files or objects of uploads under way, of all or of one. */
  uploads(id?: string): Promise<number>
  /** Puts other bytes in the place of a blob's; none at all when undefined. */
  damage(digest: string, bytes: Uint8Array | string | undefined): Promise<void>
  quarantined(): Promise<readonly string[]>
}

export interface Stored {
  readonly digest: string
  readonly sizeBytes: number
}

export async function storeOf(dataFolder: string): Promise<Store> {
  const { BERTH_BLOBS: url, ...credentials } = await blobsSettings(dataFolder)
  if (url === undefined) return folderStore(dataFolder)
  Object.assign(process.env, credentials)
  return bucketStore(dataFolder, url)
}

function folderStore(dataFolder: string): Store {
  const below = async (name: string) => {
    const folder = join(dataFolder, name)
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(error => {
      if (error?.code === 'ENOENT') return []
      throw error
    })
    return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  }
  const textsIn = async (name: string) => Promise.all((await below(name)).map(path => Bun.file(path).text()))
  return {
    objects: async () =>
      (await below('blobs')).map(path => ({
        digest: `sha256:${/([a-f0-9]{64})\./.exec(path)?.[1]}`,
        sizeBytes: Bun.file(path).size,
      })),
    uploads: async (id = '') => (await below('uploads')).filter(path => path.includes(id)).length,
    async damage(digest, bytes) {
      const path = (await below('blobs')).find(file => file.includes(digest.slice(7)))
      if (path === undefined) throw new Error(`There is no object ${digest}.`)
      await (bytes === undefined ? rm(path) : Bun.write(path, bytes))
    },
    quarantined: () => textsIn('quarantine'),
  }
}

async function bucketStore(dataFolder: string, url: string): Promise<Store> {
  const { bucket, prefix } = await openBucket(url)
  const keysBelow = async (folder: string) => {
    const listed = await Array.fromAsync(bucket.list(`${prefix}${folder}/`))
    return listed.map(({ key }) => key)
  }
  const bytesOf = async (key: string) => {
    const found = await bucket.get(key)
    return new Uint8Array(found ? await new Response(found.stream).arrayBuffer() : [])
  }
  const underWay = async () => new Set((await sqlOn(dataFolder, 'select id from uploads')).map(row => String(row.id)))
  const uploadIdOf = (key: string) => key.slice(key.lastIndexOf('/') + 1).split('.')[0] ?? ''
  return {
    async objects() {
      const uploads = await underWay()
      const keys = (await keysBelow('objects')).filter(key => !uploads.has(uploadIdOf(key)))
      return Promise.all(
        keys.map(async key => {
          const bytes = await bytesOf(key)
          return { digest: digestOf(bytes), sizeBytes: bytes.length }
        }),
      )
    },
    async uploads(id) {
      const uploads = await underWay()
      const keys = (await keysBelow('objects')).map(uploadIdOf)
      return keys.filter(each => (id === undefined ? uploads.has(each) : each === id)).length
    },
    async damage(digest, bytes) {
      const [row] = await sqlOn(dataFolder, 'select storage_key from blobs where digest = ?', [digest])
      if (!row) throw new Error(`There is no blob ${digest}.`)
      const key = `${prefix}objects/${row.storage_key}`
      await bucket.remove(key)
      if (bytes !== undefined) await bucket.put(key, new Uint8Array(Buffer.from(bytes)))
    },
    async quarantined() {
      const keys = await keysBelow('quarantine')
      return Promise.all(keys.map(async key => new TextDecoder().decode(await bytesOf(key))))
    },
  }
}
