export interface Received {
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

export interface HttpReceiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Requests that were taken. */
  readonly taken: Received[]
  /** How the next requests are answered, one after the other; when there are no more, by `otherwise`. */
  readonly next: ((request: Received) => Response | Promise<Response>)[]
}

export async function startHttpReceiver(
  otherwise: (request: Received) => Response = () => new Response('{}'),
  taken: Received[] = [],
  port = 0,
): Promise<HttpReceiver> {
  const next: HttpReceiver['next'] = []
  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const received = { path: pathname + search, headers: request.headers, body: await request.text() }
      const answer = await (next.shift() ?? otherwise)(received)
      if (answer.ok) taken.push(received)
      return answer
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port as number,
    taken,
    next,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}
