import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'

export interface Postgres extends AsyncDisposable {
  /** Of a fresh, empty database, by the server's socket. */
  createDatabase(): Promise<string>
  /** Breaks every connection, as a crash does. */
  restart(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export interface PostgresOptions {
  /** Listens on 127.0.0.1 too. */
  readonly port?: number
  readonly maxConnections?: number
  /** Waits for the disk, as in production; tests that cut no power need not. */
  readonly durable?: boolean
}

const DEBIAN = '/usr/lib/postgresql'

/** Where initdb and postgres are: Debian's newest, or where the PATH has them; undefined when nowhere. */
export function postgresBinaries(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one)) : []
  const found = versions.map(version => join(DEBIAN, version, 'bin')).find(folder => existsSync(join(folder, 'initdb')))
  if (found) return found
  const onPath = Bun.which('initdb')
  return onPath ? join(onPath, '..') : undefined
}

/** A server of its own on a socket in a temporary folder; it refuses to run as root, so then it runs as "postgres". */
export async function startPostgres({
  port,
  maxConnections = 300,
  durable = false,
}: PostgresOptions = {}): Promise<Postgres> {
  const binaries = postgresBinaries()
  if (!binaries) throw new Error('PostgreSQL is not installed: run test/tools/install.sh')
  const folder = await mkdtemp(join(tmpdir(), 'berth-pg-'))
  const identity = userInfo().uid === 0 ? await userNamed('postgres') : undefined
  if (identity) await chown(folder, identity.uid, identity.gid)
  await chmod(folder, 0o700)
  const as = identity ? ['setpriv', `--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups', '--'] : []
  const data = join(folder, 'data')
  const run = (command: string, ...args: string[]) => runQuietly([...as, join(binaries, command), ...args], folder)
  await run('initdb', '-D', data, '-U', 'berth', '-A', 'trust', '--no-sync', '--locale=C.UTF-8')
  const listen = port === undefined ? '-c listen_addresses=' : `-c listen_addresses=127.0.0.1 -p ${port}`
  const settings = `${listen} -c unix_socket_directories=${folder} -c fsync=${durable ? 'on' : 'off'} -c max_connections=${maxConnections}`
  const control = (action: string, ...args: string[]) =>
    run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), ...args, action)
  await control('start', '-o', settings)
  const urlOf = (database: string) =>
    `postgres://berth@localhost${port === undefined ? '' : `:${port}`}/${database}?host=${encodeURIComponent(folder)}`
  let databases = 0
  return {
    async createDatabase() {
      const name = `berth_${++databases}`
      const admin = postgres({
        host: folder,
        ...(port ? { port } : {}),
        username: 'berth',
        database: 'postgres',
        max: 1,
      })
      await admin.unsafe(`create database ${name}`)
      await admin.end()
      return urlOf(name)
    },
    restart: () => control('restart', '-m', 'immediate', '-o', settings),
    stop: () => control('stop', '-m', 'immediate'),
    start: () => control('start', '-o', settings),
    async [Symbol.asyncDispose]() {
      await control('stop', '-m', 'immediate')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function userNamed(name: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async flag => Number(await Bun.$`id ${flag} ${name}`.text())))
  return { uid: uid as number, gid: gid as number }
}

async function runQuietly(command: string[], cwd: string): Promise<void> {
  const log = join(cwd, '..', `.${crypto.randomUUID()}.log`)
  const child = Bun.spawn(command, { cwd, stdin: 'ignore', stdout: Bun.file(log), stderr: Bun.file(log) })
  const code = await child.exited
  const said = await Bun.file(log).text()
  await rm(log, { force: true })
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${said}`)
}
