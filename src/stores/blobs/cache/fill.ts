import { createHash } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { algorithmOf, encodedOf } from '../../../oci/index.ts'
import { type BlobStore, type ObjectBody, ObjectFault, type ObjectRef } from '../blob-store.ts'
import { isCode, PARTIAL, removeIfThere } from './layout.ts'

/** An object on its way from the storage into the cache; whoever wants it reads the file behind the writer. */
export interface Filling {
  readonly path: string
  /** Bytes that are in the file. */
  readonly filledBytes: number
  /** Resolves when there is more, or it has ended. */
  more(): Promise<void>
  /** Undefined while it goes on. `published`: whole, checked, and under its own name. */
  readonly outcome: 'published' | 'failed' | undefined
  /** The object does not have its digest: nobody may have its end. */
  readonly fault: unknown
  /** Resolves after the outcome, when the file that was written to is closed, and gone or under its own name. */
  readonly cleared: Promise<void>
}

/** Begins to fill; undefined when another process does that already. @throws ObjectFault, or what the disk says. */
export async function fill(store: BlobStore, object: ObjectRef, path: string): Promise<Filling | undefined> {
  const partial = `${path}${PARTIAL}`
  await mkdir(dirname(path), { recursive: true })
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(partial, 'wx')
  } catch (error) {
    if (isCode(error, 'EEXIST')) return undefined
    throw error
  }
  let body: ObjectBody
  try {
    // Asked before anybody is told that it comes.
    body = await store.read(object)
  } catch (error) {
    await handle.close()
    await removeIfThere(partial)
    throw error
  }
  let waiting = Promise.withResolvers<void>()
  const state = { filledBytes: 0, outcome: undefined as Filling['outcome'], fault: undefined as unknown }
  const wake = () => {
    const woken = waiting
    waiting = Promise.withResolvers()
    woken.resolve()
  }
  const run = async () => {
    try {
      const hash = createHash(algorithmOf(object.digest))
      for await (const bytes of body instanceof Blob ? body.stream() : body) {
        hash.update(bytes)
        await handle.write(bytes)
        state.filledBytes += bytes.length
        wake()
      }
      if (hash.digest('hex') !== encodedOf(object.digest)) throw new ObjectFault(object, 'other bytes')
      await rename(partial, path)
      state.outcome = 'published'
    } catch (error) {
      state.fault = error instanceof ObjectFault ? error : undefined
      state.outcome = 'failed'
      await removeIfThere(partial).catch(() => undefined)
    } finally {
      await handle.close().catch(() => undefined)
      wake()
    }
  }
  return {
    path: partial,
    cleared: run(),
    get filledBytes() {
      return state.filledBytes
    },
    get outcome() {
      return state.outcome
    },
    get fault() {
      return state.fault
    },
    more: () => (state.outcome === undefined ? waiting.promise : Promise.resolve()),
  }
}
