import { openPostgresEngine } from '../metadata/postgres/postgres-engine.ts'
import { openSqliteEngine } from '../metadata/sqlite/sqlite-engine.ts'
import type { Jobs, JobTiming, Queue } from './jobs.ts'
import { openPostgresJobs, postgresClock } from './postgres/open.ts'
import { createRecurrences } from './recurrences.ts'
import { machineClock, openSqliteJobs } from './sqlite/open.ts'

/** Where the jobs of a test are: the file of SQLite or the address of PostgreSQL. */
export type Place = { readonly file: string } | { readonly url: string }

export const HASTY: JobTiming = { leaseMs: 5_000, pollMs: 500 }

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
    const jobs = openSqliteJobs(engine, { alone: false, timing: HASTY })
    return { engine, jobs, recurrences: createRecurrences(engine, machineClock) }
  }
  const settings = { url: place.url, maxConnections: 10, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 }
  const engine = openPostgresEngine(settings)
  const jobs = openPostgresJobs(engine, settings, HASTY)
  return { engine, jobs, recurrences: createRecurrences(engine, postgresClock) }
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
