import { type Log, mergeMetrics } from '../../platform/telemetry/index.ts'
import type { FromWorker, ToWorker } from './messages.ts'

export interface WorkersOptions {
  readonly count: number
  /** The command that runs one worker under this name. */
  command(name: string): string[]
  /** A worker ended without being asked to. */
  onDeath(name: string): Promise<void>
  /** The supervisor's own figures, to be shown with the workers'. */
  snapshot(): Promise<unknown>
  readonly log: Log
}

export interface Workers {
  /** Where they listen, once all of them do. */
  readonly urls: Promise<readonly string[]>
  stop(): Promise<void>
}

interface Worker {
  readonly name: string
  readonly process: Bun.Subprocess
  ready: boolean
}

const RESTART_DELAY_MS = 500

export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed'
}

/** Starts the workers, starts one anew that dies, and answers their questions. */
export function startWorkers({ count, command, onDeath, snapshot, log }: WorkersOptions): Workers {
  const workers = new Map<number, Worker>()
  const snapshots = new Map<string, (value: unknown) => void>()
  const ready = Promise.withResolvers<readonly string[]>()
  let stopping = false
  /** Once all of them were ready; until then a worker that ends ends the start. */
  let serving = false

  const start = (slot: number) => {
    const name = `${crypto.randomUUID().slice(0, 8)}w${slot}`
    const child = Bun.spawn(command(name), {
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      ipc: message => hear(worker, message as FromWorker),
    })
    const worker: Worker = { name, process: child, ready: false }
    workers.set(slot, worker)
    child.exited.then(code => ended(slot, worker, code))
  }

  const ended = async (slot: number, worker: Worker, code: number) => {
    workers.delete(slot)
    if (stopping) return
    await onDeath(worker.name)
    // One that ends by itself before any start succeeded would end so again; one that was killed would not.
    if (!serving && worker.process.signalCode === null) {
      ready.reject(new WorkerFailed('A worker could not start; what it said stands above.'))
      return
    }
    log.error({ worker: worker.name, code }, 'a worker ended and is started anew')
    await Bun.sleep(RESTART_DELAY_MS)
    if (!stopping) start(slot)
  }

  const hear = (worker: Worker, message: FromWorker) => {
    if (message.kind === 'snapshot') {
      snapshots.get(message.id)?.(message.value)
      snapshots.delete(message.id)
    } else if (message.kind === 'expose') {
      expose().then(exposed => send(worker, { kind: 'exposed', id: message.id, ...exposed }))
    } else {
      worker.ready = true
      if (workers.size < count || ![...workers.values()].every(each => each.ready)) return
      serving = true
      ready.resolve(message.urls)
    }
  }

  const expose = async () => {
    // One that is starting does not listen yet and would never answer.
    const asked = [...workers.values()].filter(worker => worker.ready)
    const values = await Promise.all([snapshot(), ...asked.map(snapshotOf)])
    return mergeMetrics(values.filter(value => value !== undefined))
  }

  /** Undefined for a worker that ends before it answers. */
  const snapshotOf = (worker: Worker): Promise<unknown> => {
    const id = crypto.randomUUID()
    const { promise, resolve } = Promise.withResolvers<unknown>()
    snapshots.set(id, resolve)
    worker.process.exited.then(() => resolve(undefined))
    send(worker, { kind: 'take-snapshot', id })
    return promise
  }

  for (let slot = 0; slot < count; slot++) start(slot)
  return {
    urls: ready.promise,
    async stop() {
      stopping = true
      const running = [...workers.values()]
      for (const worker of running) worker.process.kill('SIGTERM')
      await Promise.all(running.map(worker => worker.process.exited))
    },
  }
}

function send(worker: Worker, message: ToWorker): void {
  worker.process.send(message)
}
