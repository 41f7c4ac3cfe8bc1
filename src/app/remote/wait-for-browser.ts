export interface BrowserAnswer {
  readonly code?: string
  /** Why there is none. */
  readonly error?: string
}

export interface WaitingForBrowser extends Disposable {
  readonly port: number
  readonly answer: Promise<BrowserAnswer>
}

const LINGER_MS = 500

/**
 * Listens on loopback for the browser that a server sends back (RFC 8252, section 7.3).
 * @param state what the server gives back with its answer: whatever comes without it is somebody else's.
 */
export function waitForBrowser(state: string): WaitingForBrowser {
  const { promise, resolve } = Promise.withResolvers<BrowserAnswer>()
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: ({ method, url }) => {
      const { pathname, searchParams } = new URL(url)
      if (method !== 'GET' || pathname !== '/' || searchParams.get('state') !== state)
        return text('There is nothing here.', 404)
      const code = searchParams.get('code')
      if (code !== null) {
        resolve({ code })
        return text('You are signed in, and may close this window.', 200)
      }
      resolve({ error: searchParams.get('error_description') ?? 'It gave no reason.' })
      return text('You are not signed in: the command line says why. You may close this window.', 403)
    },
  })
  return {
    port: server.port ?? 0,
    answer: promise,
    [Symbol.dispose]() {
      // Lets the last answer reach the browser, and does not wait for connections that it keeps.
      void server.stop(false)
      setTimeout(() => void server.stop(true), LINGER_MS).unref()
    },
  }
}

function text(line: string, status: number): Response {
  return new Response(`${line}\n`, {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'",
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      Connection: 'close',
    },
  })
}
