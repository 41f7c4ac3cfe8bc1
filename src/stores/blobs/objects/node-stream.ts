/** A stream of Node's as one of the web, for SDKs that give the former; a broken one fails. */
export function fromNodeStream(source: NodeJS.ReadableStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = (source as AsyncIterable<Uint8Array<ArrayBuffer>>)[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
