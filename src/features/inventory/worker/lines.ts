const NEWLINE = 0x0a

/**
 * The lines of a stream of UTF-8, without their ends.
 * @throws Error for one that is longer than `longestBytes`.
 */
export async function* linesOf(stream: ReadableStream<Uint8Array>, longestBytes: number): AsyncGenerator<string> {
  let parts: Uint8Array[] = []
  let held = 0
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, end))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      held = 0
      from = end + 1
    }
    parts.push(chunk.slice(from))
    held += chunk.length - from
    if (held > longestBytes) throw new Error(`a line has more than ${longestBytes} bytes`)
  }
}
