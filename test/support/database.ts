import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { join } from 'node:path'
import postgres from 'postgres'
import { type Postgres, startPostgres } from './start-postgres.ts'

/** Whether the servers of this run keep their metadata in PostgreSQL: BERTH_TESTS_DATABASE=postgres. */
export const onPostgres = process.env.BERTH_TESTS_DATABASE === 'postgres'

let server: Promise<Postgres> | undefined
const databases = new Map<string, Promise<string>>()

/** The setting that gives a data folder its own database; the same one each time, and none on SQLite. */
export async function databaseSettings(dataFolder: string): Promise<Record<string, string>> {
  if (!onPostgres) return {}
  server ??= startPostgres()
  const url = databases.get(dataFolder) ?? server.then(running => running.createDatabase())
  databases.set(dataFolder, url)
  return { BERTH_DATABASE_URL: await url }
}

/** Stops what was started for this process; called when its tests are over. */
export async function stopDatabases(): Promise<void> {
  if (server) await (await server)[Symbol.asyncDispose]()
  server = undefined
  databases.clear()
}

/** Runs a statement, with "?" for its parameters, beside the server on that folder. Gives its rows. */
export async function sqlOn(
  dataFolder: string,
  statement: string,
  parameters: readonly SQLQueryBindings[] = [],
): Promise<Record<string, unknown>[]> {
  const { BERTH_DATABASE_URL: url } = await databaseSettings(dataFolder)
  if (url === undefined) {
    using database = new Database(join(dataFolder, 'berth.db'))
    database.run('pragma busy_timeout = 10000')
    return database.query<Record<string, unknown>, SQLQueryBindings[]>(statement).all(...parameters)
  }
  const { host, user, database } = partsOf(url)
  const connection = postgres({ host, username: user, database, max: 1, onnotice: () => undefined })
  try {
    let number = 0
    const text = statement.replaceAll('?', () => `$${++number}`)
    return [...(await connection.unsafe(text, parameters as never[]))]
  } finally {
    await connection.end()
  }
}

function partsOf(url: string) {
  const { searchParams, username, pathname } = new URL(url)
  return { host: searchParams.get('host') ?? '', user: username, database: pathname.slice(1) }
}
