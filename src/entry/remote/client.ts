import type { z } from 'zod'
import type { Outbound, OutboundRequest } from '../../platform/outbound/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import {
  ADMIN_ROUTES,
  type AdminRoutes,
  type AnswerOf,
  type Operation,
  type ParamsOf,
  type Route,
} from '../api/index.ts'
import { printable } from './printable.ts'
import { readLines } from './read-lines.ts'

/** A server's refusal, as its problem tells it. */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Sent<Schema> = Schema extends z.ZodType ? z.input<Schema> : never

/** What an operation is called with. */
export interface Sending<O extends Operation> {
  readonly params?: ParamsOf<AdminRoutes[O]['path']>
  readonly query?: AdminRoutes[O] extends { readonly query: infer Q } ? Partial<Sent<Q>> : never
  readonly body?: AdminRoutes[O] extends { readonly body: infer B } ? Sent<B> : never
}

type LineOf<O extends Operation> = AdminRoutes[O] extends { readonly lines: infer L extends z.ZodType }
  ? z.output<L>
  : never

type ItemOf<O extends Operation> =
  AnswerOf<AdminRoutes[O]> extends { readonly items: readonly (infer Item)[] } ? Item : never

/** The API of one server, called in somebody's name. */
export interface Client {
  /** @throws RemoteFault, OutboundFailed. */
  call<O extends Operation>(operation: O, sending?: Sending<O>): Promise<AnswerOf<AdminRoutes[O]>>
  /** Bytes sent to an operation that takes them; its answer line by line. @throws RemoteFault, OutboundFailed. */
  upload<O extends Operation>(operation: O, stream: AsyncIterable<Uint8Array>): AsyncIterable<LineOf<O>>
  /** A whole list, page by page. @param most items; what is asked for beyond is left away. */
  all<O extends Operation>(operation: O, sending?: Sending<O>, most?: number): Promise<readonly ItemOf<O>[]>
  /** A document, as it comes. @throws RemoteFault, OutboundFailed. */
  document<O extends Operation>(operation: O, sending?: Sending<O>): Promise<string>
  /** An answer of any length, line by line. @throws RemoteFault, OutboundFailed. */
  lines<O extends Operation>(operation: O, sending?: Sending<O>): AsyncIterable<LineOf<O>>
}

export interface ClientOptions {
  /** `https://registry.example.com` */
  readonly url: string
  /** Of the `Authorization` header; nobody's when undefined. */
  readonly authorization: Secret | undefined
  readonly outbound: Pick<Outbound, 'fetch'>
}

/** Of an answer that tells of everything in a project. */
const LONG = { timeoutMs: 3_600_000, maxBytes: Number.MAX_SAFE_INTEGER }

export function createClient({ url, authorization, outbound }: ClientOptions): Client {
  const ask = (
    method: string,
    path: string,
    body: unknown,
    more: Pick<OutboundRequest, 'timeoutMs' | 'maxBytes'> = {},
  ) =>
    outbound.fetch(`${url}${path}`, {
      ...more,
      method,
      headers: {
        Accept: 'application/json',
        ...(authorization ? { Authorization: authorization.reveal() } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  const send = async (method: string, path: string, body: unknown) => {
    const response = await ask(method, path, body)
    const text = await response.text()
    if (!response.ok) throw faultOf(url, response.status, text)
    return { answer: text === '' ? undefined : parse(url, text), link: response.headers.get('Link') }
  }
  return {
    async call(operation, sending = {}) {
      const { method } = ADMIN_ROUTES[operation]
      return (await send(method.toUpperCase(), pathOf(operation, sending), sending.body)).answer as never
    },
    async document(operation, sending = {}) {
      const { method } = ADMIN_ROUTES[operation]
      const response = await ask(method.toUpperCase(), pathOf(operation, sending), sending.body, LONG)
      const text = await response.text()
      if (!response.ok) throw faultOf(url, response.status, text)
      return text
    },
    async *lines(operation, sending = {}) {
      const { method } = ADMIN_ROUTES[operation]
      const response = await ask(method.toUpperCase(), pathOf(operation, sending), sending.body, LONG)
      if (!response.ok || !response.body) throw faultOf(url, response.status, await response.text())
      for await (const line of readLines(response.body)) yield parse(url, line) as never
    },
    async *upload(operation, stream) {
      const { method, takes } = ADMIN_ROUTES[operation] as Route
      const response = await outbound.fetch(`${url}${pathOf(operation, {})}`, {
        ...LONG,
        method: method.toUpperCase(),
        headers: {
          Accept: 'application/json',
          ...(authorization ? { Authorization: authorization.reveal() } : {}),
          ...(takes === undefined ? {} : { 'Content-Type': takes }),
        },
        stream,
      })
      if (!response.ok || !response.body) throw faultOf(url, response.status, await response.text())
      for await (const line of readLines(response.body)) yield parse(url, line) as never
    },
    async all(operation, sending = {}, most = Number.POSITIVE_INFINITY) {
      const items: unknown[] = []
      let path: string | undefined = pathOf(operation, sending)
      while (path !== undefined && items.length < most) {
        const { answer, link } = await send('GET', path, undefined)
        items.push(...(answer as { items: unknown[] }).items)
        path = /^<(\/[^>]*)>; rel="next"$/.exec(link ?? '')?.[1]
      }
      return items.slice(0, most) as never
    },
  }
}

function pathOf<O extends Operation>(operation: O, { params, query }: Sending<O>): string {
  const values = (params ?? {}) as Readonly<Record<string, string>>
  const path = ADMIN_ROUTES[operation].path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  )
  const given = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().flatMap(each => (each === undefined ? [] : [[name, String(each)] as [string, string]])),
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

function faultOf(url: string, status: number, text: string): RemoteFault {
  const problem = /^\s*\{/.test(text) ? (parse(url, text) as { detail?: unknown }) : {}
  const said =
    typeof problem.detail === 'string'
      ? problem.detail
      : `It answered ${status}, and not as Berth does: is this its address?`
  const hint = status === 401 ? ' Sign in: berth login, or BERTH_USERNAME and BERTH_PASSWORD.' : ''
  return new RemoteFault(status, `${url}: ${said.split('\n').map(printable).join('\n')}${hint}`)
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RemoteFault(502, `${url} does not answer as Berth does: is this its address? (${String(cause)})`)
  }
}

export function basic(name: string, password: Secret): Secret {
  return new Secret(`Basic ${Buffer.from(`${name}:${password.reveal()}`).toString('base64')}`)
}
