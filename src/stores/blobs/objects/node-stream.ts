import type { Readable } from 'node:stream'

/** The stream of an SDK that knows Node's only: nothing is read before it is asked for; a broken one fails. */
export function fromNodeStream(source: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = source.iterator()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel() {
        // Its iterator returns only after the piece that it waits for, and one that hangs never comes.
        source.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
