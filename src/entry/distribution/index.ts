import { authorize } from '../../features/access/index.ts'
import { RegistryError } from '../../oci/index.ts'
import type { Exchange } from '../exchange/index.ts'
import { blobEndpoints } from './blobs.ts'
import type { DistributionOptions, Handler } from './handler.ts'
import { getCatalog, referrersEndpoints, tagsEndpoints } from './lists.ts'
import { manifestEndpoints } from './manifests.ts'
import { parseRoute, type Route, type RouteKind } from './route.ts'
import { uploadEndpoints, uploadsEndpoints } from './uploads.ts'

export type { DistributionOptions } from './handler.ts'

/** The whole of /v2/: which endpoint takes which methods. */
const ENDPOINTS: Readonly<Record<RouteKind, Readonly<Record<string, Handler>>>> = {
  base: { GET: getBase },
  catalog: { GET: getCatalog },
  tags: tagsEndpoints,
  manifest: manifestEndpoints,
  blob: blobEndpoints,
  referrers: referrersEndpoints,
  uploads: uploadsEndpoints,
  upload: uploadEndpoints,
}

/** Which methods there are of which endpoint; HEAD goes wherever GET does. For those who hold a table against it. */
export const DISTRIBUTION_METHODS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(ENDPOINTS).map(([kind, methods]) => [kind, Object.keys(methods)]),
)

/** Names an endpoint in metrics and logs, whatever repository it is asked about. */
export type RouteName = RouteKind | 'none'

export interface Routed {
  readonly name: RouteName
  readonly response: Promise<Response>
}

/** Answers a request below /v2. Never throws; the promise rejects with what `respond` turns into an answer. */
export function route(exchange: Exchange, options: DistributionOptions): Routed {
  let parsed: Route | undefined
  try {
    parsed = parseRoute(exchange.path)
    if (!parsed) throw notFound(exchange.path)
    return { name: parsed.kind, response: dispatch(parsed, exchange, options) }
  } catch (error) {
    return { name: parsed?.kind ?? 'none', response: Promise.reject(error) }
  }
}

function dispatch(parsed: Route, exchange: Exchange, options: DistributionOptions): Promise<Response> {
  const methods = ENDPOINTS[parsed.kind]
  const { method } = exchange
  const handler = methods[method] ?? (method === 'HEAD' && methods.GET ? headOf(methods.GET) : undefined)
  if (!handler) throw notAllowed(method, Object.keys(methods))
  return handler(exchange, options, 'name' in parsed ? parsed.name : '', 'last' in parsed ? parsed.last : '')
}

/** Whatever is read with GET answers HEAD: RFC 9110 section 9.1. */
function headOf(get: Handler): Handler {
  return async (...request) => {
    const { status, headers } = await get(...request)
    return new Response(null, { status, headers })
  }
}

/** Docker's clients know a registry by this header (moby, registry.PingV2Registry). */
const API_VERSION = { 'Docker-Distribution-Api-Version': 'registry/2.0' }

/** Clients ask this first, to find out where tokens are to be had. */
async function getBase({ principal, origin }: Exchange, { access }: DistributionOptions): Promise<Response> {
  await authorize(access, { principal, action: 'use API', resource: 'registry', origin })
  return new Response('{}', { headers: { 'Content-Type': 'application/json', ...API_VERSION } })
}

function notFound(path: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `There is no endpoint ${path.slice(0, 200)}; the distribution specification lists them.`,
  )
}

function notAllowed(method: string, allowed: readonly string[]): RegistryError {
  return new RegistryError(
    'UNSUPPORTED',
    `${method} is not supported here; ${allowed.join(', ')} ${allowed.length > 1 ? 'are' : 'is'}.`,
    {
      headers: { Allow: allowed.join(', ') },
    },
  )
}
