import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ObjectServer } from './object-server.ts'

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
  /** The share of the body after which the connection is gone. */
  readonly cut?: (operation: Operation) => number | undefined
  /** The store has done it. */
  readonly after?: (operation: Operation, response: Response) => Response | Promise<Response | undefined> | undefined
}

export interface FaultyStore extends AsyncDisposable {
  readonly endpoint: string
  /** From now on; the former fault ends. */
  set(fault: Fault): void
  clear(): void
}

/** Stands before an S3 server and spoils what it is told to. By node:http: Bun.serve gives a stream no Content-Length. */
export async function startFaultyStore(server: ObjectServer): Promise<FaultyStore> {
  let fault: Fault = {}
  let counts = new Map<OperationName, number>()
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const current = fault
    const { pathname, search, searchParams } = new URL(incoming.url ?? '/', 'http://storage')
    const name = nameOf(incoming.method ?? '', searchParams)
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const operation = { name, key: decodeURIComponent(pathname), count }
    const body = Buffer.concat(await Array.fromAsync(incoming))
    await current.before?.(operation)
    const instead = await current.answer?.(operation)
    const response = instead ?? (await forward(incoming, `${server.endpoint}${pathname}${search}`, body))
    const spoiled = instead ?? (await current.after?.(operation, response)) ?? response
    const bytes = await spoiled.bytes()
    const headers = Object.fromEntries(spoiled.headers)
    // What has no body may have no length either.
    if (incoming.method !== 'HEAD') headers['content-length'] = String(bytes.length)
    outgoing.writeHead(spoiled.status, headers)
    const cutAt = current.cut?.(operation)
    if (cutAt === undefined) {
      outgoing.end(incoming.method === 'HEAD' ? undefined : bytes)
      return
    }
    outgoing.write(bytes.subarray(0, Math.floor(bytes.length * cutAt)))
    await Bun.sleep(20)
    incoming.socket.destroy()
  }
  const proxy = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  const listening = Promise.withResolvers<void>()
  proxy.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  const { port } = proxy.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    set(next) {
      fault = next
      counts = new Map()
    },
    clear() {
      fault = {}
    },
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

async function forward(incoming: IncomingMessage, url: string, body: Buffer<ArrayBuffer>): Promise<Response> {
  const headers = new Headers(incoming.headers as Record<string, string>)
  headers.delete('Expect')
  const response = await fetch(url, {
    method: incoming.method ?? 'GET',
    headers,
    decompress: false,
    ...(body.length > 0 ? { body } : {}),
  })
  const kept = new Headers(response.headers)
  kept.delete('Transfer-Encoding')
  return new Response(incoming.method === 'HEAD' ? null : await response.arrayBuffer(), {
    status: response.status,
    headers: kept,
  })
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
