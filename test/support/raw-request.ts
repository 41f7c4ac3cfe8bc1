import { connect } from 'node:net'

/** Sends bytes as they are and gives what came back until the server closed, or was silent for a moment. */
export function rawRequest(
  host: string,
  bytes: string | Uint8Array,
  options: { readonly halfClose?: boolean } = {},
): Promise<string> {
  const [hostname = '', port = ''] = host.split(':')
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(Number(port), hostname, () => {
      if (options.halfClose) socket.end(bytes)
      else socket.write(bytes)
    })
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', piece => received.push(Buffer.from(piece)))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(received).toString()))
  })
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
}

interface ErrorBody {
  readonly errors: readonly { readonly code: string; readonly message: string; readonly detail?: unknown }[]
}

/** Status, code and message of an error in the specification's shape; throws when it is in another. */
export async function errorOf(
  response: Response,
): Promise<{ status: number; code: string; message: string; detail?: unknown }> {
  const body = (await response.json()) as ErrorBody
  const [error] = body.errors
  if (!error || !/^[A-Z_]+$/.test(error.code) || error.message === '') throw new Error(JSON.stringify(body))
  return { status: response.status, ...error }
}
