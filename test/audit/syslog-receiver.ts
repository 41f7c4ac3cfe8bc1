import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

export interface SyslogReceiver extends AsyncDisposable {
  readonly port: number
  /** Whole messages, in the order of their arrival. */
  readonly messages: string[]
  /** Breaks every connection once so many bytes of it have come, before it has read the rest. */
  breakAfter(bytes: number | undefined): void
}

/** A receiver of RFC 5425 (or RFC 6587 without a certificate): octet counting, and it closes when the sender did. */
export async function startSyslogReceiver(
  tls: { readonly cert: string; readonly key: string } | undefined,
  messages: string[] = [],
  port = 0,
): Promise<SyslogReceiver> {
  let breakAt: number | undefined
  const sockets = new Set<Socket>()
  const serve = (socket: Socket) => {
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    let received = 0
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      rest = Buffer.concat([rest, chunk])
      for (let next = frameIn(rest); next; next = frameIn(rest)) {
        messages.push(next.message)
        rest = rest.subarray(next.bytes)
      }
      if (breakAt !== undefined && received >= breakAt) socket.destroy()
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }
  const server = tls ? createTlsServer(tls, serve) : createServer(serve)
  const listening = Promise.withResolvers<void>()
  server.listen(port, '127.0.0.1', () => listening.resolve())
  await listening.promise
  return {
    port: (server.address() as { port: number }).port,
    messages,
    breakAfter(bytes) {
      breakAt = bytes
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      await closed.promise
    },
  }
}

function frameIn(bytes: Buffer): { message: string; bytes: number } | undefined {
  const space = bytes.indexOf(' ')
  if (space < 0) return undefined
  const text = bytes.subarray(0, space).toString()
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`A frame begins with ${JSON.stringify(text)}.`)
  const end = space + 1 + Number(text)
  if (bytes.length < end) return undefined
  return { message: bytes.subarray(space + 1, end).toString(), bytes: end }
}
