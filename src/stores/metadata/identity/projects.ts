import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { isFormerProject } from '../names/redirects.ts'
import type { Pushers, Visibility } from '../schema-identity.ts'
import { assignProjects } from '../usage/assign-projects.ts'

export interface Project {
  readonly id: number
  /** The first component of its repositories' names. */
  readonly name: string
  readonly visibility: Visibility
  readonly pushers: Pushers
  /** Its network rules, as they were given. */
  readonly network: unknown
  /** How long what is deleted lies in the trash; undefined: as the registry has it. */
  readonly trashDays: number | undefined
  readonly createdAt: number
}

export interface ProjectChange {
  readonly visibility?: Visibility | undefined
  readonly pushers?: Pushers | undefined
  /** Null takes the rules away. */
  readonly network?: unknown
  /** Null: as the registry has it. */
  readonly trashDays?: number | null | undefined
}

export type ProjectRemoved = 'removed' | 'unknown' | 'has repositories'

export interface Projects {
  find(name: string): Promise<Project | undefined>
  /** By name; with `holder`, those where it was granted something, itself or by a group. */
  list(page: { after?: string | undefined; limit: number; holder?: Holder | undefined }): Promise<readonly Project[]>
  /** False when the name is taken, or kept for a project that had it; `owner` is granted that role in it; durable. */
  create(
    project: { name: string; visibility: Visibility; ownerId?: number | undefined; now: number },
    record?: Recording<boolean>,
  ): Promise<boolean>
  /** False when there is no such project; durable. */
  update(name: string, change: ProjectChange, record?: Recording<boolean>): Promise<boolean>
  /** With its grants, robots and rules, when it has no repositories; durable. */
  remove(name: string, record?: Recording<ProjectRemoved>): Promise<ProjectRemoved>
}

/** For a registry that asked nobody who they are until now. */
export interface ProjectAdoption {
  /** Makes private projects for the repositories that have none; gives how many; durable. */
  adopt(now: number): Promise<number>
}

/** What goes with a project. */
const OF_ONE_PROJECT = [
  'grants',
  'robots',
  'trust_rules',
  'break_glass',
  'immutability_rules',
  'quotas',
  'usage',
  'usage_history',
] as const
const COLUMNS = ['id', 'name', 'visibility', 'pushers', 'network', 'trash_days', 'created_at'] as const

export function createProjects(engine: Engine): Projects & ProjectAdoption {
  return {
    async find(name) {
      const row = await engine.db.selectFrom('projects').select(COLUMNS).where('name', '=', name).executeTakeFirst()
      return row && projectOf(row)
    },
    async list({ after = '', limit, holder }) {
      const rows = await engine.db
        .selectFrom('projects')
        .select(COLUMNS)
        .where('name', '>', after)
        .$if(holder !== undefined, query => query.where('id', 'in', heldBy(engine.db, holder as Holder)))
        .orderBy('name')
        .limit(limit)
        .execute()
      return rows.map(projectOf)
    },
    create: (project, record) => recordedWrite(engine, record, queries => createProject(queries, project)),
    update: (name, change, record) =>
      recordedWrite(engine, record, async queries => {
        const columns = columnsOf(change)
        const id = await projectId(queries, name)
        if (id === undefined) return false
        if (Object.keys(columns).length > 0)
          await queries.updateTable('projects').set(columns).where('id', '=', id).execute()
        return true
      }),
    remove: (name, record) => recordedWrite(engine, record, queries => removeProject(queries, name)),
    adopt: now => engine.write(queries => assignProjects(queries, now)),
  }
}

function columnsOf({ visibility, pushers, network, trashDays }: ProjectChange) {
  return {
    ...(visibility === undefined ? {} : { visibility }),
    ...(pushers === undefined ? {} : { pushers }),
    ...(network === undefined ? {} : { network: network === null ? null : JSON.stringify(network) }),
    ...(trashDays === undefined ? {} : { trash_days: trashDays }),
  }
}

interface Holder {
  readonly kind: 'user' | 'robot'
  readonly id: number
}

function heldBy(queries: Queries, { kind, id }: Holder) {
  const own = queries
    .selectFrom('grants')
    .select('project_id')
    .where('subject_kind', '=', kind)
    .where('subject_id', '=', id)
  if (kind === 'robot') return own
  const byGroups = queries
    .selectFrom('group_members')
    .innerJoin('grants', 'grants.subject_id', 'group_members.group_id')
    .select('grants.project_id')
    .where('group_members.user_id', '=', id)
    .where('grants.subject_kind', '=', 'group')
  return own.union(byGroups)
}

export async function projectId(queries: Queries, name: string): Promise<number | undefined> {
  return (await queries.selectFrom('projects').select('id').where('name', '=', name).executeTakeFirst())?.id
}

async function createProject(
  queries: Queries,
  { name, visibility, ownerId, now }: Parameters<Projects['create']>[0],
): Promise<boolean> {
  if (await isFormerProject(queries, name)) return false
  const created = await queries
    .insertInto('projects')
    .values({ name, visibility, pushers: 'members', network: null, created_at: now })
    .onConflict(conflict => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!created) return false
  if (ownerId !== undefined) {
    const grant = { role: 'owner', repositories: '**', tags: '*', created_at: now }
    await queries
      .insertInto('grants')
      .values({ project_id: created.id, subject_kind: 'user', subject_id: ownerId, ...grant })
      .execute()
  }
  return true
}

async function removeProject(queries: Queries, name: string): Promise<ProjectRemoved> {
  const id = await projectId(queries, name)
  if (id === undefined) return 'unknown'
  const repository = await queries
    .selectFrom('repositories')
    .select('id')
    .where(where =>
      where.or([
        where('name', '=', name as never),
        // Everything that begins with "name/": "0" follows "/".
        where.and([where('name', '>', `${name}/` as never), where('name', '<', `${name}0` as never)]),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  if (repository) return 'has repositories'
  const robots = queries.selectFrom('robots').select('id').where('project_id', '=', id)
  await queries.deleteFrom('credentials').where('owner_kind', '=', 'robot').where('owner_id', 'in', robots).execute()
  await queries.deleteFrom('grants').where('subject_kind', '=', 'robot').where('subject_id', 'in', robots).execute()
  for (const table of OF_ONE_PROJECT) await queries.deleteFrom(table).where('project_id', '=', id).execute()
  await queries.deleteFrom('projects').where('id', '=', id).execute()
  return 'removed'
}

function projectOf(row: {
  id: number
  name: string
  visibility: Visibility
  pushers: Pushers
  network: string | null
  trash_days: number | null
  created_at: number
}): Project {
  const { id, name, visibility, pushers } = row
  const network: unknown = row.network === null ? undefined : JSON.parse(row.network)
  const trashDays = row.trash_days ?? undefined
  return { id, name, visibility, pushers, network, trashDays, createdAt: row.created_at }
}
