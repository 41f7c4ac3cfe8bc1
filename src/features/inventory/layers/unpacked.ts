import { Refused } from '../refused.ts'
import type { Budget } from './budget.ts'

/** Enough to tell how it is compressed. */
const MAGIC_BYTES = 6

/**
 * A layer's bytes, decompressed as they come. How it is compressed is told by its first bytes, as the runtimes do.
 * @throws Refused when it is damaged or takes more than the budget; what `stored` throws, as it is.
 */
export async function* unpacked(stored: ReadableStream<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  const source = watched(stored)
  const first = await source.first()
  const plain = decompressed(source.rest(first), compressionOf(first))
  let unpackedBytes = 0
  try {
    for await (const chunk of plain) {
      unpackedBytes += chunk.length
      budget.unpack(chunk.length)
      budget.ratio(unpackedBytes, source.bytes)
      yield chunk
    }
  } catch (error) {
    // A store that fails says nothing about the layer.
    if (source.failure !== undefined) throw source.failure
    if (error instanceof Refused) throw error
    throw new Refused(`A layer is damaged: it cannot be decompressed (${(error as Error).message}).`, { cause: error })
  } finally {
    await source.cancel()
  }
}

type Compression = 'gzip' | 'zstd' | undefined

function compressionOf(head: Uint8Array): Compression {
  const begins = (...bytes: readonly number[]) => bytes.every((byte, at) => head[at] === byte)
  if (begins(0x1f, 0x8b)) return 'gzip'
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd'
  // A frame to be skipped, which zstd:chunked puts in: 0x184D2A50 to 0x184D2A5F.
  if (((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd'
  if (begins(0x42, 0x5a, 0x68)) throw new Refused('A layer is compressed with bzip2: only gzip and zstd are read.')
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0))
    throw new Refused('A layer is compressed with xz: only gzip and zstd are read.')
  return undefined
}

function decompressed(stream: ReadableStream<Uint8Array>, compression: Compression): ReadableStream<Uint8Array> {
  if (compression === undefined) return stream
  // Bun's takes zstd too, and the types do not say so.
  const decompression = new DecompressionStream(compression as 'gzip') as unknown as ReadableWritablePair<
    Uint8Array,
    Uint8Array
  >
  return stream.pipeThrough(decompression)
}

/** Counts what is read, and remembers if reading failed. */
function watched(stored: ReadableStream<Uint8Array>) {
  const reader = stored.getReader()
  const watch = {
    bytes: 0,
    failure: undefined as unknown,
    async read(): Promise<Uint8Array | undefined> {
      try {
        const { value } = await reader.read()
        watch.bytes += value?.length ?? 0
        return value
      } catch (error) {
        watch.failure = error
        throw error
      }
    },
    /** At least as much as tells the compression, unless there is less. */
    async first(): Promise<Uint8Array> {
      let head = new Uint8Array()
      while (head.length < MAGIC_BYTES) {
        const chunk = await watch.read()
        if (chunk === undefined) break
        head = head.length === 0 ? new Uint8Array(chunk) : new Uint8Array(Buffer.concat([head, chunk]))
      }
      return head
    },
    rest(first: Uint8Array): ReadableStream<Uint8Array> {
      let waiting: Uint8Array | undefined = first
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const chunk = waiting ?? (await watch.read())
            waiting = undefined
            if (chunk === undefined) controller.close()
            else if (chunk.length > 0) controller.enqueue(chunk)
            else await this.pull?.(controller)
          },
        },
        { highWaterMark: 0 },
      )
    },
    async cancel(): Promise<void> {
      await reader.cancel()
    },
  }
  return watch
}
