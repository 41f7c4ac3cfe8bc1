import { Unavailable, within } from '../../../platform/outcome/index.ts'
import type { ByteRange } from '../blob-store.ts'
import type { Bucket, ReadObject } from './bucket.ts'

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>

const TRIES = 4
const PAUSE_MS = 100

/**
 * The bytes `from`–`to` of an object, whole: a read that breaks off or hangs is taken up again where it was. It fails
 * when the store gives nothing more in several tries.
 */
export function steadyRead(
  bucket: Bucket,
  key: string,
  { from, to }: ByteRange,
  first: ReadObject,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { silenceMs } = bucket
  let position = from
  let reader: Reader | undefined = first.stream.getReader() as Reader
  let failures = 0
  const reopen = async () => {
    const object = await bucket.get(key, { from: position, to })
    if (!object) throw new Unavailable(`${key} is gone from the storage while it is read.`)
    return object.stream.getReader() as Reader
  }
  const next = async (): Promise<Uint8Array<ArrayBuffer>> => {
    for (;;) {
      try {
        reader ??= await reopen()
        const { done, value } = await within(silenceMs, `The storage was silent for ${silenceMs} ms.`, reader.read())
        if (done) throw new Unavailable(`The storage broke ${key} off at byte ${position} of ${to + 1}.`)
        if (value.length > to + 1 - position) throw new Unavailable(`The storage gave more of ${key} than it has.`)
        failures = 0
        return value
      } catch (error) {
        // Of a stream that has failed already; nobody waits for it.
        reader?.cancel(error).catch(() => undefined)
        reader = undefined
        failures += 1
        if (failures === TRIES) throw error
        await Bun.sleep(PAUSE_MS * 2 ** failures)
      }
    }
  }
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await next()
        position += bytes.length
        controller.enqueue(bytes)
        if (position > to) controller.close()
      },
      async cancel(reason) {
        await reader?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
