import { ANONYMOUS, type Principal } from '../../features/identity/index.ts'
import type { Log, Metrics } from '../../platform/telemetry/index.ts'
import { type DistributionOptions, route } from '../distribution/index.ts'
import { type Connection, type Exchange, originOf, splitUrl } from '../exchange/index.ts'
import { PROBE_PATHS, type ProbesOptions, probe } from '../probes/index.ts'
import { type ErrorShape, errorResponse } from './respond.ts'

/** Which answered requests are logged at level info; failures of the registry always are. */
export type RequestLogging = 'all' | 'changes' | 'none'

/** One more way in beside /v2. */
export interface Door {
  /** Names it in metrics and logs. */
  readonly name: string
  isFor(path: string): boolean
  answer(exchange: Exchange): Promise<Response>
  /** The specification's unless given. */
  readonly errors?: ErrorShape
}

export interface ApplicationOptions {
  readonly distribution: DistributionOptions
  readonly probes: ProbesOptions
  /** Says who is calling; absent: nobody is asked. @throws RegistryError. */
  readonly identify?: (exchange: Omit<Exchange, 'principal'>) => Principal | Promise<Principal>
  readonly doors: readonly Door[]
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
  const { log, metrics, requestLogging, instance } = options
  let counter = 0
  return async (request, connection) => {
    const startedAt = performance.now()
    const { method } = request
    const { path, query } = splitUrl(request.url)
    counter += 1
    const requestId = `${instance}-${counter.toString(36)}`
    const origin = originOf(request, connection, { requestId, method, path })
    const exchange = { request, method, path, query, requestId, origin, connection }
    if (PROBE_PATHS.has(path)) return answerProbe(exchange, options)
    metrics.requestStarted()
    let routed = 'none'
    let response: Response
    try {
      const identified = options.identify ? options.identify(exchange) : ANONYMOUS
      const principal = identified instanceof Promise ? await identified : identified
      const { name, answer } = enter({ ...exchange, principal }, options)
      routed = name
      response = await answer
    } catch (error) {
      const shape = doorOf(path, options)?.errors
      response = errorResponse(error, { method, requestId, log, publicUrl: connection.publicUrl, shape })
    }
    // A read that succeeded is logged nowhere, so its id would lead nobody to anything.
    if (response.status >= 400 || !READS.has(method)) response.headers.set('X-Request-Id', requestId)
    const durationMs = performance.now() - startedAt
    metrics.request({ route: routed, method, status: response.status, durationMs })
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

function doorOf(path: string, { doors }: Pick<ApplicationOptions, 'doors'>): Door | undefined {
  return path.startsWith('/v2') ? undefined : doors.find(each => each.isFor(path))
}

function enter(exchange: Exchange, { distribution, doors }: ApplicationOptions) {
  const door = doorOf(exchange.path, { doors })
  if (door) return { name: door.name, answer: door.answer(exchange) }
  const { name, response } = route(exchange, distribution)
  return { name, answer: response }
}

async function answerProbe(
  exchange: Omit<Exchange, 'principal'>,
  { probes, identify, log }: ApplicationOptions,
): Promise<Response> {
  const { method, requestId, connection } = exchange
  try {
    return await probe(exchange, probes, async () => (identify ? identify(exchange) : ANONYMOUS))
  } catch (error) {
    return errorResponse(error, { method, requestId, log, publicUrl: connection.publicUrl })
  }
}
