import { CompiledQuery } from 'kysely'
import { type Db, PgBoss } from 'pg-boss'
import { connectPostgres, type PostgresOptions, type Queries } from '../../metadata/index.ts'
import type { JobTiming } from '../jobs.ts'
import { type Scripts, scriptsOver } from './scripts.ts'

/** One statement of pg-boss, and one that goes on meanwhile: the heartbeat of the job that runs. */
const CONNECTIONS = 2
const DAY_SECONDS = 24 * 3600

export interface OpenedBoss {
  readonly boss: PgBoss
  close(): Promise<void>
}

/**
 * pg-boss over connections of its own, in its schema `pgboss`. In a file of its own, so that only a server on
 * PostgreSQL loads it: it costs 18 MiB.
 */
export function createBoss(options: PostgresOptions, { leaseMs }: JobTiming): OpenedBoss {
  const connections = connectPostgres({ ...options, maxConnections: CONNECTIONS })
  const scripts = scriptsOver(() => connectPostgres({ ...options, maxConnections: 1 }))
  const watchSeconds = Math.max(1, Math.round(leaseMs / 2000))
  const boss = new PgBoss({
    db: overPool(connections, scripts),
    schema: 'pgboss',
    // Recurring jobs are repeat.ts; nothing depends on another job; nobody reads the register of instances.
    schedule: false,
    flowIntervalSeconds: DAY_SECONDS,
    registerInstance: false,
    openTelemetry: { enabled: false },
    monitorVacuum: false,
    // How soon a job is missed whose process is gone, once its heartbeat is due.
    superviseIntervalSeconds: watchSeconds,
    monitorIntervalSeconds: watchSeconds,
    maintenanceIntervalSeconds: 3600,
    queueCacheIntervalSeconds: 300,
  })
  return { boss, close: async () => void (await Promise.all([scripts.close(), connections.end({ timeout: 5 })])) }
}

type Connections = ReturnType<typeof connectPostgres>

function overPool(connections: Connections, scripts: Scripts): Db {
  return {
    async executeSql(text, values) {
      // Its scripts of several statements open a transaction themselves, and need one connection for all of it.
      if (!/^\s*begin\b/i.test(text)) return rowsOf(await run(connections, text, values))
      return scripts.run(async connection => rowsOf(await run(connection, text, values)))
    },
  }
}

/** For pg-boss to take part in a transaction of ours. */
export function overTransaction(queries: Queries): Db {
  return {
    async executeSql(text, values = []) {
      const { rows } = await queries.executeQuery(CompiledQuery.raw(text, bound(values)))
      return { rows: [...rows] }
    },
  }
}

function run(connections: Pick<Connections, 'unsafe'>, text: string, values: unknown[] = []) {
  // Without parameters by the simple protocol, which takes several statements.
  return values.length > 0 ? connections.unsafe(text, bound(values) as never[]) : connections.unsafe(text)
}

/** pg, for which pg-boss is written, takes undefined for null. */
function bound(values: readonly unknown[]): unknown[] {
  return values.map(value => value ?? null)
}

/** Several statements give a list of results. */
function rowsOf(result: readonly unknown[]): { rows: unknown[] } {
  return { rows: result.some(Array.isArray) ? result.flat() : [...result] }
}
