import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { verifyAudit } from '../../src/features/audit/index.ts'
import { type AuditFilter, appendAudit, openSqliteMetadata } from '../../src/stores/metadata/index.ts'
import { median } from '../measure.ts'
import type { Bound } from './bound.ts'

const RECORDS = 10_000_000
const DAY_MS = 86_400_000
const START = 1_700_000_000_000
const PAGE = 100
const CHAINED = 100_000

/** What is asked of a day of 10,000,000 records, of 10,000 identities, one of which made a third of them. */
const QUESTIONS: readonly (readonly [name: string, filter: AuditFilter])[] = [
  ['by an identity', { actorId: 'user-4711' }],
  ['by the busiest identity', { actorId: 'robot-ci' }],
  [
    'by the busiest identity, an hour of the morning',
    { actorId: 'robot-ci', from: START + 6 * 3.6e6, to: START + 7 * 3.6e6 },
  ],
  ['by an identity, what was refused', { actorId: 'user-4711', outcome: 'denied' }],
  ['what was refused', { outcome: 'denied' }],
  ['by repository', { repository: 'team-42/app-42' }],
  ['by address', { address: '192.0.2.17' }],
  ['a minute of the day', { from: START + 5 * 3.6e6, to: START + 5 * 3.6e6 + 60_000 }],
]

export async function audit(folder: string, rounds: number): Promise<Bound[]> {
  const file = join(folder, 'audit.db')
  const { metadata } = await openSqliteMetadata(file)
  await metadata.close()
  seed(file)
  const bounds: Bound[] = []
  const { metadata: opened } = await openSqliteMetadata(file)
  for (const [name, filter] of QUESTIONS) {
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now()
      const first = await opened.audit.records.find(filter, { limit: PAGE })
      await opened.audit.records.find(filter, { limit: PAGE, before: first.at(-1)?.sequence ?? 1 })
      times.push(performance.now() - start)
    }
    bounds.push({
      name: `audit of ${RECORDS.toLocaleString('en')}: two pages ${name}, the slowest`,
      figure: Math.max(...times) / 1000,
      unit: 's',
      most: 1,
    })
  }
  await opened.close()
  return [...bounds, ...(await chain(join(folder, 'chain.db'), rounds))]
}

/** Rows as sealing makes them, apart from their hashes; the indexes are made when all are there. */
function seed(file: string): void {
  using database = new Database(file)
  // Opened anew, it is as Berth has it again.
  database.run('pragma journal_mode = off')
  database.run('pragma synchronous = off')
  database.run('pragma cache_size = -500000')
  const indexes = database
    .query<{ name: string; sql: string }, []>(
      "select name, sql from sqlite_schema where type = 'index' and tbl_name = 'audit_records' and sql is not null",
    )
    .all()
  for (const { name } of indexes) database.run(`drop index ${name}`)
  database.run(
    `insert into audit_records (sequence, id, at, type, category, outcome, actor_id, actor_name, project, repository, digest, address, body, hash)
    with recursive number(n) as (select 1 union all select n + 1 from number where n < ${RECORDS}),
    part as (select n, ${START} + n * ${DAY_MS} / ${RECORDS} as at,
      case when n % 3 = 0 then 'robot-ci' else 'user-' || ((n * 7919) % 10000) end as actor,
      'team-' || (n % 100) as project, 'team-' || (n % 100) || '/app-' || (n % 1000) as repository,
      case when n % 50 = 7 then 'denied' else 'success' end as outcome,
      '192.0.2.' || (n % 250) as address, 'sha256:' || printf('%064x', n % 5000) as digest from number)
    select n, printf('%036d', n), at, 'manifest.pull', 'data read', outcome, actor, actor, project, repository, digest, address,
      json_object('entry', json_object('actor', json_object('authenticatedBy', 'token', 'id', actor, 'kind', 'user', 'name', actor),
        'at', at, 'category', 'data read', 'origin', json_object('address', address, 'method', 'GET', 'path', '/v2/' || repository || '/manifests/latest',
        'requestId', printf('%032d', n), 'userAgent', 'containerd/2.1'), 'outcome', outcome,
        'resource', json_object('digest', digest, 'project', project, 'repository', repository), 'status', 200, 'type', 'manifest.pull'),
        'id', printf('%036d', n), 'previousHash', printf('%064x', n), 'sequence', n, 'version', 1), printf('%064x', n)
    from part`,
  )
  database.run(`insert into audit_head values (1, ${RECORDS}, '', ${START + DAY_MS}, ${START + DAY_MS}, 60000)`)
  for (const { sql } of indexes) database.run(sql)
}

/** How fast entries come into the chain, and how fast it is verified. */
async function chain(file: string, rounds: number): Promise<Bound[]> {
  const { engine, metadata } = await openSqliteMetadata(file)
  const tables = metadata.audit
  const entry = {
    at: START,
    type: 'manifest.pull',
    category: 'data read',
    outcome: 'success',
    actor: { kind: 'user', id: 'user-1', name: 'ada', authenticatedBy: 'token' },
    origin: { address: '192.0.2.1', userAgent: 'containerd/2.1', requestId: 'r', method: 'GET', path: '/v2/team/app' },
    resource: { project: 'team', repository: 'team/app', tag: 'v1', digest: `sha256:${'a'.repeat(64)}` },
  } as const
  for (let written = 0; written < CHAINED; written += 500)
    await engine.write(queries => appendAudit(queries, Array(500).fill(entry)), { durable: false })
  const start = performance.now()
  while ((await tables.sealing.seal()) > 0);
  const sealed = CHAINED / ((performance.now() - start) / 1000)
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now()
    const { findings } = await verifyAudit({ tables, verifier: undefined })
    if (findings > 0) throw new Error('The chain does not verify.')
    times.push(CHAINED / ((performance.now() - begin) / 1000))
  }
  await metadata.close()
  return [
    { name: 'audit entries sealed', figure: sealed, unit: 'a second', least: 2000 },
    { name: 'audit records verified', figure: median(times), unit: 'a second', least: 20_000 },
  ]
}
