import { createHash } from 'node:crypto'
import { utimes } from 'node:fs/promises'
import { algorithmOf, encodedOf } from '../../../oci/index.ts'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { type BlobStore, type ByteRange, type ObjectBody, ObjectFault, type ObjectRef } from '../blob-store.ts'
import { release } from '../release.ts'
import { Budget } from './budget.ts'
import { fillingElsewhere } from './elsewhere.ts'
import { type Filling, fill } from './fill.ts'
import { follow } from './follow.ts'
import { entryPath, removeIfThere, sizeIfThere } from './layout.ts'

export type CacheOutcome = 'hit' | 'miss' | 'shared' | 'passed' | 'damaged' | 'failed'

export interface CacheOptions {
  readonly folder: string
  /** What the folder may hold, by all processes that use it. */
  readonly maxBytes: number
  /** Told of each read; an error that made the cache step aside comes with it. */
  readonly onRead?: (outcome: CacheOutcome, error?: unknown) => void
}

/** Up to here the answer waits until the file is whole: it then has a length, and the kernel sends it. */
const AWAITED_BYTES = 16 << 20
/** Looked at again after so long: a time stamp says when an entry was last read. */
const TOUCH_MS = 5_000
/** Of these it is remembered that their digest was checked; then it is checked again. */
const MOST_CHECKED = 100_000

/**
 * A disk cache in front of a storage that is far away: bounded, shared by the processes of a machine, and asked once
 * for what many want at the same time. An object is served from it only after its digest was checked, by this process.
 * Whatever goes wrong with the cache, the object comes from the storage.
 */
export function cachedReads(store: BlobStore, { folder, maxBytes, onRead }: CacheOptions): BlobStore['read'] {
  const budget = new Budget(folder, maxBytes)
  const checked = new Set<string>()
  const filling = new Map<string, Promise<Filling | undefined>>()

  const entryOf = async (object: ObjectRef): Promise<string | undefined> => {
    const path = entryPath(folder, object.storageKey)
    const status = await sizeIfThere(path)
    if (!status) return undefined
    const sound =
      status.size === object.sizeBytes && (checked.has(object.storageKey) || (await hasDigest(path, object)))
    if (!sound) {
      onRead?.('damaged')
      checked.delete(object.storageKey)
      await removeIfThere(path)
      return undefined
    }
    if (checked.size >= MOST_CHECKED) checked.clear()
    checked.add(object.storageKey)
    if (Date.now() - status.mtimeMs > TOUCH_MS) await utimes(path, new Date(), new Date())
    return path
  }

  const startOrJoin = async (object: ObjectRef, path: string): Promise<Filling | undefined> => {
    const running = filling.get(object.storageKey)
    if (running) {
      const joined = await running
      if (joined?.outcome !== 'failed') {
        onRead?.('shared')
        return joined
      }
      // Nobody who asks later fails with it.
      await joined.cleared
      if (filling.get(object.storageKey) === running) filling.delete(object.storageKey)
      return startOrJoin(object, path)
    }
    const starting = (async () => {
      if (!(await budget.reserve(object.sizeBytes))) return undefined
      return (await fill(store, object, path)) ?? fillingElsewhere(path)
    })()
    filling.set(object.storageKey, starting)
    const started = await starting.catch(error => {
      filling.delete(object.storageKey)
      throw error
    })
    void ended(started).finally(() => {
      if (filling.get(object.storageKey) === starting) filling.delete(object.storageKey)
    })
    if (started) onRead?.('miss')
    return started
  }

  const fromCache = async (object: ObjectRef, range: ByteRange | undefined): Promise<ObjectBody | undefined> => {
    const entry = await entryOf(object)
    if (entry) {
      onRead?.('hit')
      const file = Bun.file(entry)
      return range ? file.slice(range.from, range.to + 1) : file
    }
    if (range) return undefined
    const path = entryPath(folder, object.storageKey)
    const started = await startOrJoin(object, path)
    if (!started) return undefined
    if (object.sizeBytes > AWAITED_BYTES) return follow(store, object, started, path)
    await ended(started)
    if (started.fault) throw started.fault
    return started.outcome === 'published' ? Bun.file(path) : undefined
  }

  return async (object, range) => {
    try {
      const cached = object.sizeBytes === 0 ? undefined : await fromCache(object, range)
      if (cached) return cached
      onRead?.('passed')
    } catch (error) {
      if (error instanceof ObjectFault || error instanceof Unavailable) throw error
      onRead?.('failed', error)
    }
    return store.read(object, range)
  }
}

async function ended(filling: Filling | undefined): Promise<void> {
  while (filling && filling.outcome === undefined) await filling.more()
}

async function hasDigest(path: string, { digest }: ObjectRef): Promise<boolean> {
  const hash = createHash(algorithmOf(digest))
  for await (const bytes of Bun.file(path).stream()) {
    hash.update(bytes)
    release(bytes)
  }
  return hash.digest('hex') === encodedOf(digest)
}
