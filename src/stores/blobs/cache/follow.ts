import type { BlobStore, ObjectRef } from '../blob-store.ts'
import type { Filling } from './fill.ts'

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>

const PIECE_BYTES = 256 << 10

/**
 * The bytes of an object while it is filled. Its last piece is given only when the whole was found to have its digest,
 * so that nobody takes a damaged object for a good one. When filling fails (a full disk, a writer that died) the rest
 * comes from the storage.
 */
export function follow(
  store: BlobStore,
  object: ObjectRef,
  filling: Filling,
  path: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let position = 0
  let rest: Reader | undefined
  const heldFrom = Math.max(0, object.sizeBytes - PIECE_BYTES)
  /** Undefined when the cache has failed. */
  const fromFile = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    for (;;) {
      if (filling.fault) throw filling.fault
      if (filling.outcome === 'failed') return undefined
      const whole = filling.outcome === 'published'
      const readable = whole ? object.sizeBytes : Math.min(filling.filledBytes, heldFrom)
      if (readable > position) {
        const bytes = await readEither(filling.path, path, position, Math.min(PIECE_BYTES, readable - position))
        return bytes.length === 0 ? undefined : bytes
      }
      await filling.more()
    }
  }
  const fromStore = async () => {
    rest ??= (await restOf(store, object, position)).getReader() as Reader
    const { done, value } = await rest.read()
    if (done || !value) throw new Error(`${object.storageKey} ended before its length.`)
    return value
  }
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes =
          (rest ? undefined : await fromFile().catch(error => fallBack(error, filling))) ?? (await fromStore())
        position += bytes.length
        controller.enqueue(bytes)
        if (position < object.sizeBytes) return
        controller.close()
      },
      async cancel(reason) {
        await rest?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

function fallBack(error: unknown, filling: Filling): undefined {
  if (filling.fault) throw error
  return undefined
}

/** Opened for each piece, so that a reader who goes away without a word leaves nothing open. */
async function readEither(partial: string, path: string, from: number, length: number) {
  const read = (name: string) =>
    Bun.file(name)
      .slice(from, from + length)
      .bytes()
  return read(partial).catch(() => read(path))
}

async function restOf(store: BlobStore, object: ObjectRef, from: number) {
  const body = await store.read(object, { from, to: object.sizeBytes - 1 })
  return body instanceof Blob ? body.stream() : body
}
