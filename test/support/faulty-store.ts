import type { ObjectServer } from './start-versitygw.ts'

export type OperationName =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjects'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'

export interface Operation {
  readonly name: OperationName
  readonly key: string
  /** How many of this name came since the fault was set, this one included. */
  readonly count: number
}

/** What becomes of an operation: an answer in the store's place, or something around the store's own. */
export interface Fault {
  /** Before the store hears of it. */
  readonly before?: (operation: Operation) => unknown
  /** Instead of asking the store. */
  readonly answer?: (operation: Operation) => Response | Promise<Response> | undefined
  /** The store has done it. */
  readonly after?: (operation: Operation, response: Response) => Response | Promise<Response | undefined> | undefined
}

export interface FaultyStore extends AsyncDisposable {
  readonly endpoint: string
  /** From now on; the former fault ends. */
  set(fault: Fault): void
  clear(): void
}

/** Stands before an S3 server and spoils what it is told to. */
export function startFaultyStore(server: ObjectServer): FaultyStore {
  let fault: Fault = {}
  let counts = new Map<OperationName, number>()
  const proxy = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 255,
    maxRequestBodySize: 2 ** 30,
    async fetch(request) {
      const current = fault
      const url = new URL(request.url)
      const name = nameOf(request.method, url.searchParams)
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      const operation = { name, key: decodeURIComponent(url.pathname), count }
      const body = await request.arrayBuffer()
      await current.before?.(operation)
      const instead = await current.answer?.(operation)
      if (instead) return instead
      const headers = new Headers(request.headers)
      headers.delete('Expect')
      const response = await fetch(`${server.endpoint}${url.pathname}${url.search}`, {
        method: request.method,
        headers,
        decompress: false,
        ...(body.byteLength > 0 ? { body } : {}),
      })
      const bytes = await response.arrayBuffer()
      const kept = new Headers(response.headers)
      kept.delete('Transfer-Encoding')
      const whole = new Response(request.method === 'HEAD' ? null : bytes, { status: response.status, headers: kept })
      return (await current.after?.(operation, whole)) ?? whole
    },
  })
  return {
    endpoint: `http://127.0.0.1:${proxy.port}`,
    set(next) {
      fault = next
      counts = new Map()
    },
    clear() {
      fault = {}
    },
    async [Symbol.asyncDispose]() {
      await proxy.stop(true)
    },
  }
}

function nameOf(method: string, query: URLSearchParams): OperationName {
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject'
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'HEAD') return 'HeadObject'
  return query.has('list-type') ? 'ListObjects' : 'GetObject'
}

/** As S3 says it. */
export function s3Error(status: number, code: string): Response {
  return new Response(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by a test</Message></Error>`, {
    status,
    headers: { 'Content-Type': 'application/xml' },
  })
}
