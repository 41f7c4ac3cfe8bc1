import { createOutbound } from '../../platform/outbound/index.ts'
import { createLog, createMetrics, type Metrics } from '../../platform/telemetry/index.ts'
import { compose } from '../compose.ts'
import type { Config } from '../config/index.ts'
import { openSigning } from '../identity/signing.ts'
import { VERSION } from '../version.ts'
import { openGate } from './gate.ts'
import { surviveLostSockets } from './lost-sockets.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { serveHere } from './serve-here.ts'
import { stopSignal } from './stop-signal.ts'

/** One of several processes on the same port. The supervisor holds the data folder and does the jobs. */
export async function serveAsWorker(config: Config, instance: string): Promise<number> {
  // Without its supervisor nobody guards the data folder any more.
  process.once('disconnect', () => process.exit(1))
  if (!process.connected) return 1
  const log = createLog(config.log.level)
  surviveLostSockets(log)
  const metrics = createMetrics(VERSION)
  await using berth = await compose(config, instance)
  const gate = await openGate(berth.metadata, config, {
    log,
    metrics,
    outbound: createOutbound(config.outbound),
    blobs: berth.stores.blobs,
    signing: await openSigning(berth.metadata, config),
  })
  const serving = serveHere(berth, config, { log, metrics, exposed: exposedBySupervisor(metrics), instance, gate })
  tell({ kind: 'ready', urls: serving.urls })
  await stopSignal()
  await serving.stop()
  process.removeAllListeners('disconnect')
  process.disconnect?.()
  return 0
}

/** A scrape reaches one worker and must show all of them. */
function exposedBySupervisor(metrics: Metrics): Pick<Metrics, 'expose'> {
  const waiting = new Map<string, (exposed: { contentType: string; text: string }) => void>()
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'exposed') {
      waiting.get(message.id)?.(message)
      waiting.delete(message.id)
    } else {
      metrics.snapshot().then(value => tell({ kind: 'snapshot', id: message.id, value }))
    }
  })
  return {
    expose: () =>
      new Promise(resolve => {
        const id = crypto.randomUUID()
        waiting.set(id, resolve)
        tell({ kind: 'expose', id })
      }),
  }
}

function tell(message: FromWorker): void {
  process.send?.(message)
}
