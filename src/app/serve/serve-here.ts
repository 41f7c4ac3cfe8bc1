import { createApplication } from '../../entry/http/index.ts'
import type { RepositoryName } from '../../oci/index.ts'
import type { Log, Metrics } from '../../platform/telemetry/index.ts'
import type { Berth } from '../compose.ts'
import type { Config } from '../config/index.ts'
import { servedBlobs } from './cache.ts'
import { countReceived } from './count-received.ts'
import type { Gate } from './gate.ts'
import { type Listeners, startListeners } from './listeners.ts'
import { redirectOf } from './redirect.ts'

export interface Serving {
  readonly urls: readonly string[]
  /** Says "not ready", waits for the balancer, lets transfers end, and breaks off those that do not. */
  stop(): Promise<void>
}

/** Serves HTTP in this process. */
export function serveHere(
  berth: Berth,
  config: Config,
  {
    log,
    metrics,
    exposed,
    instance,
    gate,
  }: {
    log: Log
    metrics: Metrics
    exposed: Pick<Metrics, 'expose'>
    instance: string
    gate: Gate
  },
): Serving {
  let stopping = false
  const health = {
    isReady: () => !stopping,
    async check() {
      await berth.metadata.repositories.exists('ready' as RepositoryName)
    },
  }
  const redirect = redirectOf(berth.stores, config)
  const blobs = servedBlobs(berth.stores, config, { log, metrics })
  const uploads = countReceived(berth.content.uploads, metrics)
  const content = { ...berth.content, blobs, uploads, gate: gate.pullGate }
  const application = createApplication({
    distribution: {
      content,
      access: gate.access,
      findRenamed: name => berth.metadata.redirects.find(name),
      pulled: gate.record.pulled,
      limits: gate.limits,
      maxNameLength: config.limits.nameLength,
      ...(redirect ? { redirect } : {}),
    },
    probes: {
      health,
      metrics: exposed,
      mayScrape: gate.mayScrape,
      fault: error => log.warn({ err: error }, 'not ready: the metadata cannot be read'),
    },
    doors: gate.doors,
    ...(gate.identify ? { identify: gate.identify } : {}),
    log,
    metrics,
    requestLogging: config.log.requests,
    instance,
  })
  const listeners = startListeners(application, config, log)
  return {
    urls: listeners.urls,
    async stop() {
      stopping = true
      await Bun.sleep(config.shutdown.drainSeconds * 1000)
      await drain(listeners, config.shutdown.timeoutSeconds * 1000, log)
      await gate.stop()
    },
  }
}

async function drain(listeners: Listeners, timeoutMs: number, log: Log): Promise<void> {
  const drained = listeners.drain().then(() => true)
  const timer = Promise.withResolvers<false>()
  const timeout = setTimeout(() => timer.resolve(false), timeoutMs)
  if (!(await Promise.race([drained, timer.promise]))) {
    log.warn({ timeoutMs }, 'transfers did not end in time and were broken off')
    await listeners.abort()
  }
  clearTimeout(timeout)
}
