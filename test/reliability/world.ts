import { expect } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { type FaultyStore, startFaultyStore } from '../support/faulty-store.ts'
import { type Berth, freePort, startBerth } from '../support/start-berth.ts'
import { type Postgres, startPostgres } from '../support/start-postgres.ts'
import { startToxiproxy, type Toxiproxy } from '../support/start-toxiproxy.ts'
import { startVersitygw } from '../support/start-versitygw.ts'
import { needTool } from '../tools/find-tools.ts'

export const NEEDS = [needTool('versitygw'), needTool('toxiproxy-server')]

/** A registry of replicas whose database and object storage stand behind what can disturb them. */
export interface World extends AsyncDisposable {
  readonly store: FaultyStore
  readonly database: Toxiproxy
  readonly postgres: Postgres
  /** Starts one more replica, with a folder of its own. */
  replica(env?: Readonly<Record<string, string>>): Promise<Berth>
  /** Runs a command beside the replicas; it sees the same disturbances. */
  command(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ code: number; stdout: string; stderr: string }>
  readonly settings: Readonly<Record<string, string>>
  /** Ends every disturbance, removes what nobody needs, and expects that the registry is whole. */
  expectWhole(): Promise<void>
}

export async function startWorld(options: { readonly maxConnections?: number } = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'berth-world-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const port = freePort()
  const postgres = stack.use(await startPostgres({ port, ...options }))
  const server = stack.use(await startVersitygw())
  const store = stack.use(await startFaultyStore(server))
  const database = stack.use(await startToxiproxy(port))
  const name = new URL(await postgres.createDatabase()).pathname
  const settings = {
    ...server.credentials,
    BERTH_DATABASE: `postgres://berth@127.0.0.1:${database.port}${name}`,
    BERTH_DATABASE_CONNECT_TIMEOUT_SECONDS: '2',
    BERTH_DATABASE_STATEMENT_TIMEOUT_SECONDS: '10',
    BERTH_BLOBS: `${await server.createBucket(store.endpoint)}&timeoutSeconds=1`,
    BERTH_BLOBS_CLAIM_SECONDS: '1',
    BERTH_GC_INTERVAL_SECONDS: '0',
    BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  }
  let replicas = 0
  const command: World['command'] = (args, env) => berthCommand(join(folder, 'none'), args, { ...settings, ...env })
  return {
    store,
    database,
    postgres,
    settings,
    async replica(env) {
      const dataFolder = join(folder, `replica-${++replicas}`)
      return stack.use(await startBerth({ dataFolder, env: { ...settings, ...env } }))
    },
    command,
    async expectWhole() {
      store.clear()
      await database.mend()
      const collected = await command(['gc', '--json'], { BERTH_GC_UPLOAD_SECONDS: '0' })
      expect({ code: collected.code, said: collected.stderr }).toEqual({ code: 0, said: '' })
      const verified = await command(['verify', '--json'])
      expect({ code: verified.code, said: verified.stderr, report: verified.stdout }).toMatchObject({
        code: 0,
        said: '',
      })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Asks again until it holds; a test's own time limit ends what never does. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(50)
}
