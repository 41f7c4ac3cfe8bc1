import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeSettings } from './settings.ts'
import { startHaproxy } from './start-haproxy.ts'

export interface Berth extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly url: string
  /** 127.0.0.1:PORT */
  readonly host: string
  readonly dataFolder: string
  readonly pid: number
  /** Sends the signal (SIGKILL unless given) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Asks for a graceful stop and waits for it. */
  stop(): Promise<void>
  /** Everything the server printed so far. */
  log(): string
}

const BERTH = join(import.meta.dir, '../../bin/berth')
const START_TIMEOUT_MS = 30_000
/** How many replicas stand behind a balancer in this run: BERTH_TESTS_REPLICAS; they share database and object storage. */
export const replicaCount = Number(process.env.BERTH_TESTS_REPLICAS ?? 1)

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly dataFolder?: string
  /** The settings themselves say where it listens; on 127.0.0.1 at this port, too. */
  readonly listensAt?: number
}

/**
 * Starts the real program on a free port of 127.0.0.1, over a fresh temporary data folder unless one is given
 * (then it is kept). Resolves when it is ready.
 */
export async function startBerth(options: StartOptions = {}): Promise<Berth> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'berth-')))
  const remove = async () => {
    if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true })
  }
  if (replicaCount === 1) {
    const env = { ...(await storeSettings(dataFolder)), ...options.env }
    const { listensAt } = options
    return startOne(dataFolder, { env, remove, port: listensAt ?? freePort(), saysWhere: listensAt === undefined })
  }
  const replicas = await startReplicas(dataFolder, replicaCount, options.env)
  return { ...replicas, dataFolder, [Symbol.asyncDispose]: () => replicas[Symbol.asyncDispose]().then(remove) }
}

export interface Replicas extends Berth {
  readonly each: readonly Berth[]
}

/** Several servers over what a data folder stands for, each with a folder of its own, behind one balancer. */
export async function startReplicas(
  dataFolder: string,
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Replicas> {
  const shared = { BERTH_HTTP_TRUSTED_PROXIES: '127.0.0.1', ...(await storeSettings(dataFolder)), ...env }
  const each = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startOne(join(dataFolder, `replica-${index}`), { env: shared, remove: async () => undefined, port: freePort() }),
    ),
  )
  const port = freePort()
  const balancer = await startHaproxy(
    port,
    each.map(replica => Number(replica.host.split(':')[1])),
  )
  await untilReady(`http://127.0.0.1:${port}`, () => undefined)
  const all = async (work: (replica: Berth) => Promise<void>) => void (await Promise.all(each.map(work)))
  return {
    each,
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    dataFolder,
    pid: (each[0] as Berth).pid,
    // The balancer goes with them: alone, it would keep clients waiting for replicas that are no more.
    kill: async signal =>
      void (await Promise.all([all(replica => replica.kill(signal)), balancer[Symbol.asyncDispose]()])),
    stop: async () => {
      await all(replica => replica.stop())
      await balancer[Symbol.asyncDispose]()
    },
    log: () => each.map(replica => replica.log()).join(''),
    async [Symbol.asyncDispose]() {
      await all(replica => replica.kill())
      await balancer[Symbol.asyncDispose]()
    },
  }
}

async function startOne(
  dataFolder: string,
  {
    env,
    port,
    remove,
    saysWhere = true,
  }: StartOptions & { readonly port: number; readonly remove: () => Promise<void>; readonly saysWhere?: boolean },
): Promise<Berth> {
  await mkdir(dataFolder, { recursive: true })
  const child = Bun.spawn([BERTH, 'serve'], {
    cwd: dataFolder,
    env: {
      ...withoutSettings(process.env),
      ...(saysWhere ? { BERTH_LISTEN: `127.0.0.1:${port}` } : {}),
      BERTH_DATA: dataFolder,
      BERTH_AUTH: 'none',
      // What most tests push is nothing to be read; those of scanning say so.
      BERTH_SCANNING_ENABLED: 'false',
      // A test asks nobody outside.
      BERTH_ADVISORIES_INTERVAL_SECONDS: '0',
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const printed: string[] = []
  void collect(child.stdout, printed)
  void collect(child.stderr, printed)
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, () => {
    if (child.exitCode !== null) throw new Error(`Berth ended with ${child.exitCode}:\n${printed.join('')}`)
  }).catch(error => {
    child.kill('SIGKILL')
    throw new Error(`${error.message}\n${printed.join('')}`)
  })
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal)
    await child.exited
  }
  return {
    url,
    host: `127.0.0.1:${port}`,
    dataFolder,
    pid: child.pid,
    kill,
    stop: () => kill('SIGTERM'),
    log: () => printed.join(''),
    async [Symbol.asyncDispose]() {
      await kill()
      await remove()
    },
  }
}

export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}

/** The environment of the test run, without settings that are meant for another server. */
export function withoutSettings(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('BERTH_'),
    ),
  )
}

async function collect(stream: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of stream) into.push(decoder.decode(chunk, { stream: true }))
}

async function untilReady(url: string, check: () => void): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    check()
    const ready = await fetch(`${url}/readyz`).then(
      response => response.ok,
      () => false,
    )
    if (ready) return
    await Bun.sleep(10)
  }
  throw new Error(`${url} was not ready after ${START_TIMEOUT_MS} ms.`)
}
