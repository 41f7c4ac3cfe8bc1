import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Guard } from './guard.ts'
import { hostOf } from './guard.ts'
import { openSocket, reasonOf } from './open-socket.ts'
import { OutboundFailed, type OutboundTls } from './outbound.ts'

export interface Asked {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly tls: OutboundTls | undefined
  readonly maxBytes: number
}

const NO_BODY = new Set([204, 205, 304])
/** Of the connection and not of the request; set here. */
const OWN_HEADERS = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/**
 * One request and its answer over a connection of its own, so that none is shared by two names at one address. Neither
 * proxies of the environment (HTTP_PROXY) nor compression: the address and the size are those that were checked.
 */
export async function exchange(guard: Guard, asked: Asked, signal: AbortSignal): Promise<Response> {
  const { url, method, body } = asked
  const secure = url.protocol === 'https:'
  const host = hostOf(url.hostname.replace(/^\[|\]$/g, ''))
  const port = Number(url.port || (secure ? 443 : 80))
  const socket = await openSocket(guard, { host, port, ...(secure ? { tls: asked.tls ?? {} } : {}) }, signal)
  const headers = new Headers(asked.headers)
  for (const name of OWN_HEADERS) headers.delete(name)
  headers.set('Host', url.host)
  headers.set('Connection', 'close')
  headers.set('Accept-Encoding', 'identity')
  const bytes = body instanceof Uint8Array ? body : undefined
  if (bytes) headers.set('Content-Length', String(bytes.byteLength))
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = httpRequest({
    host,
    port,
    method,
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(headers),
    createConnection: () => socket,
  })
  const stop = () => {
    request.destroy()
    socket.destroy()
    reject(signal.reason)
  }
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  request.once('response', resolve)
  request.on('error', reject)
  request.once('upgrade', () => reject(new Error('the server wanted another protocol')))
  if (body && !bytes) sendStream(request, body as AsyncIterable<Uint8Array>, reject)
  else request.end(bytes)
  try {
    const answer = await promise
    return respond(
      answer,
      method,
      bodyOf(answer, asked, signal, () => socket.destroy()),
    )
  } catch (error) {
    socket.destroy()
    if (signal.aborted) throw signal.reason
    throw new OutboundFailed(`${url.origin} did not answer: ${reasonOf(error)}.`, { cause: error })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The answer may come before all was sent: a refusal. */
function sendStream(request: ClientRequest, body: AsyncIterable<Uint8Array>, fail: (error: unknown) => void): void {
  const source = Readable.from(body, { objectMode: false })
  source.once('error', error => {
    request.destroy()
    fail(error)
  })
  request.once('close', () => source.destroy())
  source.pipe(request)
}

function respond(answer: IncomingMessage, method: string, body: ReadableStream<Uint8Array>): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string)
  if (method !== 'HEAD' && !NO_BODY.has(status)) return new Response(body, { status, statusText, headers })
  void body.cancel()
  return new Response(null, { status, statusText, headers })
}

/** Read as fast as it is asked for, and no further than `maxBytes` or the end of the time. */
function bodyOf(
  answer: IncomingMessage,
  { url, maxBytes }: Asked,
  signal: AbortSignal,
  close: () => void,
): ReadableStream<Uint8Array> {
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const stop = () => answer.destroy(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const end = () => {
    signal.removeEventListener('abort', stop)
    close()
  }
  let received = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next()
          signal.throwIfAborted()
          if (done) {
            if (!answer.complete) throw new Error('the connection ended before the body did')
            end()
            controller.close()
            return
          }
          received += value.byteLength
          if (received > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
          controller.enqueue(value)
        } catch (error) {
          end()
          const told = new OutboundFailed(`The answer of ${url.origin} cannot be read: ${reasonOf(error)}.`, {
            cause: error,
          })
          controller.error(signal.aborted ? signal.reason : told)
        }
      },
      cancel() {
        answer.destroy()
        end()
      },
    },
    { highWaterMark: 0 },
  )
}
