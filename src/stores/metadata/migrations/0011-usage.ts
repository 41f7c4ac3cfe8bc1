import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { countOnPostgres } from './0011-usage-postgres.ts'
import { countOnSqlite } from './0011-usage-sqlite.ts'
import { columnTypes } from './column-types.ts'

/**
 * Which project each repository and each link of a blob belongs to; what every project and the registry (project 0) use,
 * counted by triggers, so that nothing that changes the registry can forget to; quotas; usage over time.
 */
export const usage: Migration = {
  async up(db) {
    const { text, isPostgres } = columnTypes(db)
    await db.schema.alterTable('repositories').addColumn('project_id', 'bigint').execute()
    await db.schema.alterTable('repository_blobs').addColumn('project_id', 'bigint').execute()
    const counts = ['bytes', 'repositories', 'tags', 'manifests']
    const tableOf = (name: string, second: string, type: 'bigint' | 'integer') =>
      counts
        .reduce(
          (table, column) => table.addColumn(column, 'bigint', build => build.notNull().defaultTo(0)),
          db.schema
            .createTable(name)
            .addColumn('project_id', 'bigint', column => column.notNull())
            .addColumn(second, type, column => column.notNull()),
        )
        .addPrimaryKeyConstraint(`${name}_key`, ['project_id', second] as never)
        .execute()
    await tableOf('usage', 'shard', 'integer')
    await tableOf('usage_history', 'at', 'bigint')
    await db.schema
      .createTable('quotas')
      .addColumn('project_id', 'bigint', column => column.notNull())
      .addColumn('kind', text, column => column.notNull())
      .addColumn('hard_limit', 'bigint')
      .addColumn('soft_limit', 'bigint')
      .addColumn('passed', text, column => column.notNull())
      .addPrimaryKeyConstraint('quotas_key', ['project_id', 'kind'])
      .execute()
    await db.schema.createIndex('usage_history_by_age').on('usage_history').column('at').execute()
    await whileMoved(db, isPostgres, () => assignProjects(db, isPostgres))
    await db.schema.dropIndex('repository_blobs_by_digest').execute()
    await db.schema
      .createIndex('repository_blobs_by_digest')
      .on('repository_blobs')
      .columns(['digest', 'project_id', 'repository_id'])
      .execute()
    await db.schema.createIndex('repositories_by_project').on('repositories').columns(['project_id', 'id']).execute()
    await countWhatIsThere(db)
    for (const statement of isPostgres ? countOnPostgres() : countOnSqlite()) await sql.raw(statement).execute(db)
  },
}

/** A registry that was moved refuses changes by triggers; what it has must be understood here all the same. */
async function whileMoved(db: Kysely<unknown>, isPostgres: boolean, work: () => Promise<void>): Promise<void> {
  if (isPostgres) {
    await sql`select set_config('berth.receiving', 'on', true)`.execute(db)
    return work()
  }
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_master where type = 'trigger' and name like 'berth\_moved\_%' escape '\'`.execute(db)
  for (const { name } of rows) await sql`drop trigger ${sql.ref(name)}`.execute(db)
  await work()
  for (const trigger of rows) await sql.raw(trigger.sql).execute(db)
}

async function assignProjects(db: Kysely<unknown>, isPostgres: boolean): Promise<void> {
  const project = isPostgres ? sql`split_part(name, '/', 1)` : sql`substr(name, 1, instr(name || '/', '/') - 1)`
  await sql`insert into projects (name, visibility, pushers, created_at)
    select distinct ${project}, 'private', 'members', ${sql.lit(Date.now())} from repositories
    where ${project} not in (select name from projects)`.execute(db)
  await sql`update repositories set project_id = (select p.id from projects p where p.name = ${project})`.execute(db)
  await sql`update repository_blobs set project_id =
    (select r.project_id from repositories r where r.id = repository_blobs.repository_id)`.execute(db)
}

async function countWhatIsThere(db: Kysely<unknown>): Promise<void> {
  await sql`insert into usage (project_id, shard, bytes, repositories, tags, manifests)
    select project_id, 0, sum(bytes), sum(repositories), sum(tags), sum(manifests) from (
      select project_id, 0 as bytes, count(*) as repositories, 0 as tags, 0 as manifests from repositories group by project_id
      union all select r.project_id, 0, 0, count(*), 0 from tags t join repositories r on r.id = t.repository_id group by r.project_id
      union all select r.project_id, sum(m.size_bytes), 0, 0, count(*)
        from manifests m join repositories r on r.id = m.repository_id group by r.project_id
      union all select l.project_id, sum(b.size_bytes), 0, 0, 0
        from (select distinct digest, project_id from repository_blobs) l join blobs b on b.digest = l.digest group by l.project_id
      union all select 0, 0, count(*), 0, 0 from repositories
      union all select 0, 0, 0, count(*), 0 from tags
      union all select 0, coalesce(sum(size_bytes), 0), 0, 0, count(*) from manifests
      union all select 0, coalesce(sum(size_bytes), 0), 0, 0, 0 from blobs
    ) as counted where project_id is not null group by project_id`.execute(db)
}
