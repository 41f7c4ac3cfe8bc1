import { RegistryError } from '../../oci/index.ts'

const CHUNK_CHARACTERS = 32 * 1024
export const LINES = 'application/x-ndjson'

export type WriteLine = (line: unknown) => void | Promise<void>

/**
 * An answer of any length: one JSON value a line, made no faster than the client reads. The status was sent long before
 * the end, so a fault is a last line `{"error": …}`.
 * @param tell is given what writes a line, and a signal for when nobody reads any more.
 * @param fault hears what the client is not told.
 */
export function linesOf(
  tell: (write: WriteLine, signal: AbortSignal) => Promise<void>,
  fault: (error: unknown) => void,
): Response {
  const gone = new AbortController()
  const encoder = new TextEncoder()
  let waiting = ''
  let asked = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = () => {
        if (waiting !== '') controller.enqueue(encoder.encode(waiting))
        waiting = ''
      }
      const sendAndWait = async () => {
        asked = Promise.withResolvers<void>()
        send()
        if ((controller.desiredSize ?? 0) <= 0) await asked.promise
        gone.signal.throwIfAborted()
      }
      const write: WriteLine = line => {
        waiting += `${JSON.stringify(line)}\n`
        return waiting.length < CHUNK_CHARACTERS ? undefined : sendAndWait()
      }
      const end = () => {
        if (gone.signal.aborted) return
        send()
        controller.close()
      }
      // Not awaited: a stream is read from when its start has returned.
      void tell(write, gone.signal).then(end, error => {
        if (gone.signal.aborted) return
        if (!(error instanceof RegistryError)) fault(error)
        const message = error instanceof RegistryError ? error.message : 'The registry failed on this request.'
        waiting += `${JSON.stringify({ error: message })}\n`
        end()
      })
    },
    pull: () => asked.resolve(),
    cancel() {
      gone.abort(new Error('Nobody reads it any more.'))
      asked.resolve()
    },
  })
  return new Response(body, { headers: { 'Content-Type': LINES } })
}
