import { collectGarbage } from '../features/lifecycle/index.ts'
import { Moved } from '../platform/outcome/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import { type Berth, collectRules } from './compose.ts'
import type { Config } from './config/index.ts'

export interface Jobs {
  /** Resolves when the job that runs has come to a place where it can stop. */
  stop(): Promise<void>
}

/** Work that a server does by itself: garbage collection, one run after the other. */
export function startJobs(berth: Berth, config: Config, { log, metrics }: { log: Log; metrics: Metrics }): Jobs {
  if (config.gc.intervalSeconds === 0) return { stop: async () => undefined }
  const stopping = new AbortController()
  const rules = collectRules(config)
  const collect = async () => {
    try {
      const report = await collectGarbage(berth.garbage, rules, { dryRun: false, signal: stopping.signal })
      metrics.collected({ objects: report.objects, bytes: report.freedBytes })
      if (report.blobLinks + report.manifests + report.uploads + report.objects > 0)
        log.info(report, 'garbage collected')
    } catch (error) {
      if (error instanceof Moved) log.info({ reason: error.message }, 'nothing is collected')
      else log.error({ err: error }, 'garbage collection failed; the next run goes on')
    }
  }
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await pause(config.gc.intervalSeconds * 1000, stopping.signal)
      if (!stopping.signal.aborted) await collect()
    }
  }
  const running = loop()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
