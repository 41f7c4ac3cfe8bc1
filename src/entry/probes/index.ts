import type { Origin } from '../../features/access/index.ts'
import type { Principal } from '../../features/identity/index.ts'
import type { Metrics } from '../../platform/telemetry/index.ts'

export interface Health {
  /** False from the moment a stop was asked for, so that a balancer sends no more. */
  isReady(): boolean
  /** Reads the metadata; throws when they do not answer. */
  check(): Promise<void>
}

export interface ProbesOptions {
  readonly health: Health
  readonly metrics: Pick<Metrics, 'expose'>
  /** Is told why the registry is not ready: everybody may ask, and the reason is the operator's. */
  readonly fault: (error: unknown) => void
  /** @throws RegistryError when this caller may not see the metrics. */
  readonly mayScrape: (principal: Principal, origin: Origin) => Promise<void>
}

export const PROBE_PATHS = new Set(['/livez', '/readyz', '/metrics'])

/** `/livez`: the process answers. `/readyz`: requests would be served. `/metrics`: Prometheus. */
export async function probe(
  { path, method, origin }: { readonly path: string; readonly method: string; readonly origin: Origin },
  { health, metrics, mayScrape, fault }: ProbesOptions,
  identify: () => Promise<Principal>,
): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') return text('GET and HEAD only', 405, { Allow: 'GET, HEAD' })
  if (path === '/livez') return text('ok')
  if (path === '/metrics') {
    await mayScrape(await identify(), origin)
    const { contentType, text: body } = await metrics.expose()
    return new Response(body, { headers: { 'Content-Type': contentType } })
  }
  if (!health.isReady()) return text('stopping', 503)
  try {
    await health.check()
  } catch (error) {
    fault(error)
    return text('not ready: the metadata cannot be read; the log says why', 503)
  }
  return text('ok')
}

function text(body: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers } })
}
