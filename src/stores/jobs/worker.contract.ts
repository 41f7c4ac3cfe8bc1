import { openPostgresEngine } from '../metadata/postgres/postgres-engine.ts'
import { openSqliteEngine } from '../metadata/sqlite/sqlite-engine.ts'
import type { Jobs, JobTiming, Queue } from './jobs.ts'
import { openPostgresJobs } from './postgres/open.ts'
import { openSqliteJobs } from './sqlite/open.ts'

/** Where the jobs of a test are: the file of SQLite or the address of PostgreSQL. */
export type Place = { readonly file: string } | { readonly url: string }

export const HASTY: JobTiming = { leaseMs: 2_000, pollMs: 500 }

export const ECHO: Queue<{ text: string }> = {
  name: 'echo',
  parse: data => data as { text: string },
  attempts: 3,
  retrySeconds: 1,
  timeoutSeconds: 60,
  singleton: false,
}

export function openPlace(place: Place) {
  if ('file' in place) {
    const engine = openSqliteEngine(place.file)
    return { engine, jobs: openSqliteJobs(engine, { alone: false, timing: HASTY }) }
  }
  const settings = { url: place.url, maxConnections: 10, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 }
  const engine = openPostgresEngine(settings)
  return { engine, jobs: openPostgresJobs(engine, settings, HASTY) }
}

/** In a process of its own: begins whatever there is to do, says so, and never comes to an end. */
async function hang(jobs: Jobs): Promise<void> {
  await jobs.start({ settled: () => undefined, fault: error => console.error(error) })
  const forever = async (name: string) => {
    console.log(name)
    await new Promise(() => undefined)
  }
  await jobs.work(ECHO, () => forever('work'))
  jobs.repeat('tick', 0.05, () => forever('repeat'))
}

if (import.meta.main) await hang(openPlace(JSON.parse(process.argv[2] ?? '')).jobs)
