import { connect } from 'node:net'

const TIMEOUT_MS = 30_000

/** Waits until something on this machine accepts connections on the port. */
export async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS
  while (Date.now() < deadline) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    const listening = await promise
    socket.destroy()
    if (listening) return
    await Bun.sleep(20)
  }
  throw new Error(`Nothing listens on port ${port} after ${TIMEOUT_MS} ms.`)
}
