import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeSettings } from './settings.ts'

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

/**
 * Starts the real program on a free port of 127.0.0.1, over a fresh temporary data folder unless one is given
 * (then it is kept). Resolves when it is ready.
 */
export async function startBerth(
  options: { readonly env?: Readonly<Record<string, string>>; readonly dataFolder?: string } = {},
): Promise<Berth> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'berth-')))
  await mkdir(dataFolder, { recursive: true })
  const port = freePort()
  const child = Bun.spawn([BERTH, 'serve'], {
    cwd: dataFolder,
    env: {
      ...withoutSettings(process.env),
      BERTH_LISTEN: `127.0.0.1:${port}`,
      BERTH_DATA: dataFolder,
      BERTH_AUTH: 'none',
      ...(await storeSettings(dataFolder)),
      ...options.env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const printed: string[] = []
  void collect(child.stdout, printed)
  void collect(child.stderr, printed)
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, child, printed)
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
      if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true })
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

async function untilReady(url: string, child: Bun.Subprocess, printed: readonly string[]): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`Berth ended with ${child.exitCode}:\n${printed.join('')}`)
    const ready = await fetch(`${url}/readyz`).then(
      response => response.ok,
      () => false,
    )
    if (ready) return
    await Bun.sleep(10)
  }
  child.kill('SIGKILL')
  throw new Error(`Berth was not ready after ${START_TIMEOUT_MS} ms:\n${printed.join('')}`)
}
