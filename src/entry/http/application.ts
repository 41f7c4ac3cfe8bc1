import { ANONYMOUS } from '../../features/identity/index.ts'
import type { Log, Metrics } from '../../platform/telemetry/index.ts'
import { type DistributionOptions, route } from '../distribution/index.ts'
import { type Connection, splitUrl } from '../exchange/index.ts'
import { PROBE_PATHS, type ProbesOptions, probe } from '../probes/index.ts'
import { errorResponse } from './respond.ts'

/** Which answered requests are logged at level info; failures of the registry always are. */
export type RequestLogging = 'all' | 'changes' | 'none'

export interface ApplicationOptions {
  readonly distribution: DistributionOptions
  readonly probes: ProbesOptions
  readonly log: Log
  readonly metrics: Metrics
  readonly requestLogging: RequestLogging
  /** Prefix of request ids, unique for the process. */
  readonly instance: string
}

/** Answers one request. */
export type Application = (request: Request, connection: Connection) => Promise<Response>

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Everything Berth answers over HTTP, independent of how it listens. */
export function createApplication(options: ApplicationOptions): Application {
  const { distribution, probes, log, metrics, requestLogging, instance } = options
  let counter = 0
  return async (request, connection) => {
    const startedAt = performance.now()
    const { method } = request
    const { path, query } = splitUrl(request.url)
    if (PROBE_PATHS.has(path)) return probe(path, method, probes)
    counter += 1
    const requestId = `${instance}-${counter.toString(36)}`
    metrics.requestStarted()
    const routed = route({ request, method, path, query, requestId, principal: ANONYMOUS, connection }, distribution)
    let response: Response
    try {
      response = await routed.response
    } catch (error) {
      response = errorResponse(error, { method, requestId, log })
    }
    // A read that succeeded is logged nowhere, so its id would lead nobody to anything.
    if (response.status >= 400 || !READS.has(method)) response.headers.set('X-Request-Id', requestId)
    const durationMs = performance.now() - startedAt
    metrics.request({ route: routed.name, method, status: response.status, durationMs })
    if (requestLogging === 'all' || (requestLogging === 'changes' && !READS.has(method))) {
      const { status } = response
      log.info(
        { requestId, method, path, status, durationMs: Math.round(durationMs), client: connection.address() },
        'request',
      )
    }
    return response
  }
}
