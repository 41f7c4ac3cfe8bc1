import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Guard, hostOf } from './guard.ts'
import { type OutboundAddress, OutboundFailed } from './outbound.ts'

/**
 * Looks the name up once, checks what was found, and connects to exactly that: a name that means something else a moment
 * later (DNS rebinding) gains nothing. TLS is then verified for the name.
 */
export async function openSocket(guard: Guard, to: OutboundAddress, signal: AbortSignal): Promise<Socket> {
  const host = hostOf(to.host)
  const addresses = await unless(signal, () => guard.addressesOf(host))
  let failure: unknown
  for (const address of addresses) {
    try {
      return await openTo(address, host, to, signal)
    } catch (error) {
      failure = error
      if (signal.aborted) break
    }
  }
  if (signal.aborted) throw signal.reason
  throw new OutboundFailed(`${host}:${to.port} cannot be reached: ${reasonOf(failure)}.`, { cause: failure })
}

function openTo(address: string, host: string, { port, tls }: OutboundAddress, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const name = tls?.serverName ?? host
  const socket = tls
    ? connectTls({
        host: address,
        port,
        ...(isIP(name) ? {} : { servername: name }),
        ...(tls.ca ? { ca: tls.ca } : {}),
        ...(tls.cert ? { cert: tls.cert } : {}),
        ...(tls.key ? { key: tls.key } : {}),
        minVersion: 'TLSv1.2',
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        rejectUnauthorized: true,
      })
    : connectTcp({ host: address, port })
  const stop = () => socket.destroy(signal.reason as Error)
  const settle = (how: () => void) => {
    signal.removeEventListener('abort', stop)
    how()
  }
  signal.addEventListener('abort', stop, { once: true })
  socket.once(tls ? 'secureConnect' : 'connect', () => settle(() => resolve(socket)))
  socket.once('error', error => settle(() => reject(error)))
  socket.once('close', () => settle(() => reject(new Error('the connection was closed'))))
  return promise
}

/** What is asked for, unless the signal comes first. */
async function unless<Result>(signal: AbortSignal, ask: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([ask(), promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return code === '' || error.message.includes(code) ? error.message.replace(/\.$/, '') : `${error.message} (${code})`
}
