import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import type { SubjectKind } from '../schema-identity.ts'
import { projectId } from './projects.ts'
import { subjectId } from './subjects.ts'

/** A role of somebody in a project, for some of its repositories and tags. */
export interface Grant {
  readonly id: number
  readonly subject: { readonly kind: SubjectKind; readonly name: string }
  readonly role: string
  /** Globs. */
  readonly repositories: string
  readonly tags: string
  readonly createdAt: number
}

/** Its id. */
export type GrantAdded = number | 'unknown project' | 'unknown subject'

export interface Grants {
  /** By id. Undefined when there is no such project. */
  list(project: string, page: { after?: number | undefined; limit: number }): Promise<readonly Grant[] | undefined>
  /** The same grant twice is one; durable. */
  add(
    project: string,
    grant: Pick<Grant, 'subject' | 'role' | 'repositories' | 'tags'> & { readonly now: number },
    record?: Recording<GrantAdded>,
  ): Promise<GrantAdded>
  /** Only a grant of this project; durable. */
  remove(project: string, id: number, record?: Recording<boolean>): Promise<boolean>
}

export function createGrants(engine: Engine): Grants {
  return {
    async list(project, { after = 0, limit }) {
      const id = await projectId(engine.db, project)
      if (id === undefined) return undefined
      const rows = await engine.db
        .selectFrom('grants')
        .selectAll()
        .where('project_id', '=', id)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      const names = await namesOf(engine.db, rows)
      return rows.map(row => ({
        id: row.id,
        subject: { kind: row.subject_kind, name: names.get(`${row.subject_kind} ${row.subject_id}`) ?? '?' },
        role: row.role,
        repositories: row.repositories,
        tags: row.tags,
        createdAt: row.created_at,
      }))
    },
    add: (project, { subject, role, repositories, tags, now }, record) =>
      recordedWrite<GrantAdded>(engine, record, async queries => {
        const id = await projectId(queries, project)
        if (id === undefined) return 'unknown project'
        const subject_id = await subjectId(queries, subject.kind, subject.name)
        if (subject_id === undefined) return 'unknown subject'
        const key = { subject_kind: subject.kind, subject_id, project_id: id, role, repositories, tags }
        const { id: grant } = await queries
          .insertInto('grants')
          .values({ ...key, created_at: now })
          .onConflict(conflict =>
            conflict
              .columns(['subject_kind', 'subject_id', 'project_id', 'role', 'repositories', 'tags'])
              .doUpdateSet({ role }),
          )
          .returning('id')
          .executeTakeFirstOrThrow()
        return grant
      }),
    remove: (project, id, record) =>
      recordedWrite(engine, record, async queries => {
        const within = await projectId(queries, project)
        if (within === undefined) return false
        const { numDeletedRows } = await queries
          .deleteFrom('grants')
          .where('id', '=', id)
          .where('project_id', '=', within)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

async function namesOf(
  queries: Queries,
  rows: readonly { readonly subject_kind: SubjectKind; readonly subject_id: number }[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const [kind, table] of [
    ['user', 'users'],
    ['group', 'groups'],
    ['robot', 'robots'],
  ] as const) {
    const ids = rows.filter(row => row.subject_kind === kind).map(row => row.subject_id)
    if (ids.length === 0) continue
    for (const row of await queries.selectFrom(table).select(['id', 'name']).where('id', 'in', ids).execute())
      names.set(`${kind} ${row.id}`, row.name)
  }
  return names
}
