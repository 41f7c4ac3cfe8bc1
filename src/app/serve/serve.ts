import { accessSync, constants, mkdirSync } from 'node:fs'
import { systemClock } from '../../platform/clock/index.ts'
import { createOutbound } from '../../platform/outbound/index.ts'
import { createLog, createMetrics, type Log, type Metrics } from '../../platform/telemetry/index.ts'
import { takeServerLock } from '../../stores/metadata/index.ts'
import { type Berth, compose, lockFile } from '../compose.ts'
import type { Config } from '../config/index.ts'
import { ensureAdministrator } from '../identity/first-administrator.ts'
import { openSigning } from '../identity/signing.ts'
import { startJobs } from '../jobs.ts'
import { VERSION } from '../version.ts'
import { openGate } from './gate.ts'
import { firstPasswordText, greeting } from './greeting.ts'
import { takenAddress } from './listeners.ts'
import { surviveLostSockets } from './lost-sockets.ts'
import { serveHere } from './serve-here.ts'
import { stopSignal } from './stop-signal.ts'
import { startWorkers, WorkerFailed } from './workers.ts'

/**
 * Runs a server until a signal stops it: in this process, or with several workers on the same ports. Gives the exit
 * code.
 * @param workerCommand the command line that runs one worker under a name.
 */
export async function serve(config: Config, workerCommand: (name: string) => string[]): Promise<number> {
  const unusable = cannotUse(config)
  if (unusable) return refuse(unusable)
  const lock = takeServerLock(lockFile(config))
  if (!lock) return refuse(`Another Berth serves ${config.data}: stop it, or give this one another folder (data).`)
  const taken = takenAddress(config)
  if (taken) {
    lock.release()
    return refuse(taken)
  }
  const log = createLog(config.log.level)
  surviveLostSockets(log)
  const instance = crypto.randomUUID().slice(0, 8)
  await using berth = await compose(config, instance)
  const relocation = await berth.metadata.relocation.find()
  if (relocation?.state === 'moved') log.warn(relocation, 'this registry was moved: it serves pulls and refuses pushes')
  // Whoever held a claim without an end held it under the lock that is ours now.
  if (berth.stores.exclusive) await berth.metadata.uploads.releaseAll()
  if (berth.migration.applied.length > 0) log.info(berth.migration, 'the schema was brought up to date')
  const signing = await openSigning(berth.metadata, config)
  const firstPassword = config.auth === 'none' ? undefined : await ensureAdministrator(berth.metadata, config)
  if (config.auth !== 'none' && relocation?.state !== 'moved') {
    const projects = await berth.metadata.identities.projects.adopt(systemClock())
    if (projects > 0) log.info({ projects }, 'private projects were made for repositories that had none')
  }
  if (firstPassword) process.stdout.write(firstPasswordText(firstPassword))
  const metrics = createMetrics(VERSION)
  // Before anybody can ask for a job, and before anybody is told that the server is there.
  const outbound = createOutbound(config.outbound)
  await startJobs(berth, config, { log, metrics, signing, outbound })
  const running =
    config.processes > 1
      ? startSupervised(berth, config, workerCommand, { log, metrics })
      : serveHere(berth, config, {
          log,
          metrics,
          exposed: metrics,
          instance,
          gate: await openGate(berth.metadata, config, { log, metrics, outbound, blobs: berth.stores.blobs, signing }),
        })
  const stopped = stopSignal()
  let urls: readonly string[]
  try {
    urls = await Promise.race([running.urls, stopped.then(() => [])])
  } catch (error) {
    await Promise.all([running.stop(), berth.jobs.stop()])
    lock.release()
    if (error instanceof WorkerFailed) return refuse(error.message)
    throw error
  }
  if (urls.length > 0) {
    process.stdout.write(greeting(config, urls))
    log.info({ urls, data: config.data, version: VERSION, processes: config.processes }, 'serving')
  }
  log.info({ signal: await stopped }, 'stopping')
  await Promise.all([running.stop(), berth.jobs.stop()])
  lock.release()
  log.info({}, 'stopped')
  return 0
}

function startSupervised(
  berth: Berth,
  config: Config,
  command: (name: string) => string[],
  { log, metrics }: { log: Log; metrics: Metrics },
) {
  return startWorkers({
    count: config.processes,
    command,
    onDeath: name => berth.metadata.uploads.releaseAll(name),
    snapshot: () => metrics.snapshot(),
    log,
  })
}

function cannotUse({ data }: Config): string | undefined {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return `${data} cannot be used as the data folder: ${error instanceof Error ? error.message : String(error)}.`
  }
}

function refuse(reason: string): number {
  process.stderr.write(`berth: ${reason}\n`)
  return 2
}
