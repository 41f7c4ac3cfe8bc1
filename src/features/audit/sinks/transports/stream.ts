import type { Socket } from 'node:net'
import type { Outbound } from '../outbound.ts'
import { DeliveryFailed } from '../sink.ts'

const TIMEOUT_MS = 30_000

export type StreamAddress = Parameters<Outbound['connect']>[0]

export interface StreamOptions {
  readonly to: Omit<StreamAddress, 'timeoutMs'>
  /**
   * Whether the receiver ends the connection once it has read all, which is the only acknowledgement that syslog has.
   * Without it, what was on its way when the receiver died is lost.
   */
  readonly confirmed: boolean
}

/**
 * Sends frames by octet counting (RFC 6587, section 3.4.1; RFC 5425, section 4.3) on a connection of their own, and waits
 * for the receiver to close it after we did: one that died before it had read all breaks it instead.
 */
export async function sendFrames(
  outbound: Outbound,
  { to, confirmed }: StreamOptions,
  frames: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  const socket = await outbound.connect({ ...to, timeoutMs: TIMEOUT_MS })
  const counted = frames.flatMap(frame => [Buffer.from(`${frame.length} `), frame])
  await transferred(socket, Buffer.concat(counted), confirmed, signal)
}

function transferred(socket: Socket, bytes: Buffer, confirmed: boolean, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (reason: string) => reject(new DeliveryFailed(reason))
  const abort = () => fail('the connection was given up')
  const timer = setTimeout(() => fail(`the receiver did not confirm in ${TIMEOUT_MS} ms`), TIMEOUT_MS)
  signal.addEventListener('abort', abort)
  let isSent = false
  socket.on('error', error => fail(`the connection broke: ${error.message}`))
  socket.on('end', () => (isSent ? resolve() : fail('the receiver closed the connection before it had all')))
  socket.on('close', () => fail('the connection was closed before the receiver had confirmed'))
  // Nothing is expected; but an end is noticed by reading only.
  socket.resume()
  socket.end(bytes, () => {
    isSent = true
    if (!confirmed) resolve()
  })
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    socket.destroy()
  })
}
