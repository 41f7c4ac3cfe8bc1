import type { CompletedUpload, Incoming, UploadProgress, UploadStore } from '../blob-store.ts'
import { release } from '../release.ts'
import type { Bucket } from './bucket.ts'
import { keyPrefix, type Layout, newKey } from './layout.ts'
import { PartWriter } from './part-writer.ts'
import { steadyRead } from './steady-read.ts'
import { EMPTY, lengthOf, type Parts, type Piece, SavedState, totalOf, type UploadState } from './upload-state.ts'

/** More small objects than this are put together, so that the end of an upload never has to read thousands. */
const MOST_PIECES = 32

/**
 * Uploads as parts and pieces: what fills a part is sent as one, what is left lies in an object of its own until more
 * comes. What there is stands in `progress`, so that the next chunk may come to another replica. An upload that fits
 * into one piece is stored with one request, under the name it keeps.
 */
export function objectUploads(bucket: Bucket, layout: Layout, progress: UploadProgress): UploadStore {
  const pathOf = (key: string) => `${layout.objects}${key}`
  const load = (id: string) => SavedState.load(progress, id)

  const putPiece = async (id: string, bytes: Uint8Array): Promise<Piece> => {
    const key = newKey(id)
    await bucket.put(pathOf(key), bytes)
    return { key, sizeBytes: bytes.length }
  }

  async function* readPieces(pieces: readonly Piece[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const { key, sizeBytes } of pieces) {
      if (sizeBytes === 0) continue
      const found = await bucket.get(pathOf(key))
      if (found?.sizeBytes !== sizeBytes) throw new Error(`${key}, a piece of an upload, is not whole in storage.`)
      yield* steadyRead(bucket, pathOf(key), { from: 0, to: sizeBytes - 1 }, found)
    }
  }

  const beginParts = async (id: string, saved: SavedState): Promise<Parts> => {
    const existing = saved.current.parts
    if (existing) return existing
    const key = newKey(id)
    const undertaking = await bucket.beginParts(pathOf(key))
    const parts = { key, undertaking, names: [], sizeBytes: 0, sealed: false }
    // Written down first: an undertaking that nobody knows of takes space for ever.
    await saved.save({ ...saved.current, parts })
    return parts
  }

  /** Puts the parts together with what lies behind them, so that the upload is one object that can be read. */
  const join = async (id: string, saved: SavedState): Promise<Piece> => {
    const { parts, pieces, obsolete } = saved.current
    const [only] = pieces
    if (!parts && pieces.length === 1 && only) return only
    let whole: Piece
    if (parts) {
      const names = [...parts.names]
      const rest = await gather(readPieces(pieces))
      if (rest.length > 0) names.push(await bucket.putPart(inBucket(parts), names.length + 1, rest))
      whole = { key: parts.key, sizeBytes: lengthOf(saved.current) }
      await complete(parts, names, whole)
    } else {
      whole = await putPiece(id, await gather(readPieces(pieces)))
    }
    await saved.save({ pieces: [whole], obsolete: [...obsolete, ...pieces] })
    return whole
  }

  const inBucket = (parts: Parts) => ({ ...parts, key: pathOf(parts.key) })

  const complete = async (parts: Parts, names: readonly string[], whole: Piece) => {
    try {
      await bucket.completeParts(inBucket(parts), names)
    } catch (error) {
      // A request whose answer was lost has done it.
      if ((await bucket.size(pathOf(parts.key))) !== whole.sizeBytes) throw error
    }
  }

  return {
    received: async id => lengthOf((await load(id)).current),

    async append(id, offset, incoming, observe) {
      const saved = await load(id)
      const length = lengthOf(saved.current)
      if (incoming.sizeBytes === 0 && offset === length) return length
      if (offset > length) throw new Error(`Upload ${id} has ${length} bytes, so none can be appended at ${offset}.`)
      if (offset < length) await truncate(id, saved, offset)
      if (saved.current.parts?.sealed) await join(id, saved)
      const receiving = { failed: false, error: undefined as unknown }
      // What came before the sender failed is kept.
      const stream = untilFailure(incoming.stream, receiving, observe)
      await take(id, saved, { ...incoming, stream })
      if (receiving.failed) throw receiving.error
      return lengthOf(saved.current)
    },

    async *read(id) {
      const saved = await load(id)
      yield* readPieces(lengthOf(saved.current) === 0 ? [] : [await join(id, saved)])
    },

    async complete(id): Promise<CompletedUpload> {
      const saved = await load(id)
      const { key } = await join(id, saved)
      const leftovers = saved.current.obsolete.map(piece => ({ storageKey: piece.key, sizeBytes: piece.sizeBytes }))
      return { storageKey: key, leftovers }
    },

    async reopen(id) {
      const saved = await load(id)
      const { parts, pieces, obsolete } = saved.current
      if (!parts) return
      const sizeBytes = await bucket.size(pathOf(parts.key))
      // Put together, and the request ended before it could write that down.
      if (sizeBytes === undefined) return
      const whole = { key: parts.key, sizeBytes }
      if (sizeBytes < parts.sizeBytes + totalOf(pieces))
        await saved.save({ ...EMPTY, obsolete: [...obsolete, ...pieces, whole] })
      else await saved.save({ pieces: [whole], obsolete: [...obsolete, ...pieces] })
    },

    async discard(id) {
      const saved = await load(id)
      const { parts } = saved.current
      if (parts) await bucket.abortParts(inBucket(parts))
      await saved.save(EMPTY)
      for await (const { key } of bucket.list(pathOf(keyPrefix(id)))) await bucket.remove(key)
    },
  }

  async function take(id: string, saved: SavedState, incoming: Incoming): Promise<void> {
    const { pieces, obsolete } = saved.current
    // Before the list of them is replaced: what stands in no list is found by nobody but verify.
    await removeAll(obsolete)
    const heldBytes = totalOf(pieces)
    const iterator = incoming.stream[Symbol.asyncIterator]()
    const first: Uint8Array[] = []
    for (let bytes = heldBytes; bytes < bucket.leastPartBytes; ) {
      const { done, value } = await iterator.next()
      if (done) return takeFew(id, saved, Buffer.concat(first))
      first.push(value)
      bytes += value.length
    }
    const writer = new PartWriter(
      bucket,
      inBucket(await beginParts(id, saved)),
      lengthOf(saved.current) + (incoming.sizeBytes ?? 0),
    )
    for await (const bytes of readPieces(pieces)) await writer.write(bytes)
    const write = async (bytes: Uint8Array) => {
      await writer.write(bytes)
      // Of a request's body nobody else holds anything.
      if (incoming.request) release(bytes)
    }
    for (let bytes = first.shift(); bytes; bytes = first.shift()) await write(bytes)
    for await (const bytes of { [Symbol.asyncIterator]: () => iterator }) await write(bytes)
    await finishTaking(id, saved, writer, { ends: incoming.ends ?? false, obsolete: pieces })
  }

  async function finishTaking(
    id: string,
    saved: SavedState,
    writer: PartWriter,
    { ends, obsolete }: { ends: boolean; obsolete: readonly Piece[] },
  ) {
    const { parts: sent, rest } = await writer.end()
    const key = (saved.current.parts as Parts).key
    const seal = ends && rest.length > 0
    if (seal) sent.names.push(await bucket.putPart(sent, sent.names.length + 1, rest))
    const parts: Parts = { ...sent, key, sizeBytes: sent.sizeBytes + (seal ? rest.length : 0), sealed: seal }
    const pieces = !seal && rest.length > 0 ? [await putPiece(id, rest)] : []
    await saved.save({ parts, pieces, obsolete: [...obsolete] })
  }

  async function takeFew(id: string, saved: SavedState, bytes: Uint8Array): Promise<void> {
    const state = saved.current
    if (bytes.length === 0) return
    let next: UploadState
    if (state.pieces.length < MOST_PIECES) {
      next = { ...state, pieces: [...state.pieces, await putPiece(id, bytes)], obsolete: [] }
    } else {
      const all = Buffer.concat([await gather(readPieces(state.pieces)), bytes])
      next = { ...state, pieces: [await putPiece(id, all)], obsolete: [...state.pieces] }
    }
    await saved.save(next)
  }

  async function removeAll(pieces: readonly Piece[]): Promise<void> {
    for (const { key } of pieces) await bucket.remove(pathOf(key))
  }

  /** Rewrites the upload with its first `length` bytes; clients continue where they are told, so this is rare. */
  async function truncate(id: string, saved: SavedState, length: number): Promise<void> {
    const whole = await join(id, saved)
    const obsolete = [...saved.current.obsolete, whole]
    await saved.save({ pieces: [], obsolete: [] })
    if (length > 0) await take(id, saved, { sizeBytes: length, stream: firstOf(readPieces([whole]), length) })
    await removeAll(obsolete)
  }
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(stream))
}

async function* firstOf(stream: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let left = length
  for await (const bytes of stream) {
    yield bytes.subarray(0, left)
    left -= bytes.length
    if (left <= 0) return
  }
}

/** Ends where the source fails, and tells of it; shows each piece to the observer. */
async function* untilFailure(
  stream: AsyncIterable<Uint8Array>,
  receiving: { failed: boolean; error: unknown },
  observe: ((bytes: Uint8Array) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of stream) {
      observe?.(bytes)
      yield bytes
    }
  } catch (error) {
    receiving.failed = true
    receiving.error = error
  }
}
