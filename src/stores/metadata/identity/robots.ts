import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import type { IdentityState } from '../schema-identity.ts'
import { projectId } from './projects.ts'
import { removeSubject } from './subjects.ts'

/** An account for a program. It belongs to a project, whose members manage it. */
export interface Robot {
  readonly id: number
  /** `project+name`. */
  readonly name: string
  readonly description: string
  readonly state: IdentityState
  readonly createdAt: number
}

export type RobotCreated = Robot | 'unknown project' | 'name taken'

export interface Robots {
  /** Of one project, by name. */
  list(project: string, page: { after?: string | undefined; limit: number }): Promise<readonly Robot[] | undefined>
  find(project: string, name: string): Promise<Robot | undefined>
  /** Durable. */
  update(
    project: string,
    name: string,
    change: { state?: IdentityState; description?: string },
    record?: Recording<boolean>,
  ): Promise<boolean>
  /** With its grants and secrets; durable. */
  remove(project: string, name: string, record?: Recording<boolean>): Promise<boolean>
}

export const ROBOT_COLUMNS = ['id', 'name', 'description', 'state', 'created_at'] as const

export function createRobots(engine: Engine): Robots {
  return {
    async list(project, { after = '', limit }) {
      const id = await projectId(engine.db, project)
      if (id === undefined) return undefined
      const rows = await engine.db
        .selectFrom('robots')
        .select(ROBOT_COLUMNS)
        .where('project_id', '=', id)
        .where('name', '>', after)
        .orderBy('name')
        .limit(limit)
        .execute()
      return rows.map(robotOf)
    },
    async find(project, name) {
      const id = await projectId(engine.db, project)
      if (id === undefined) return undefined
      const row = await engine.db
        .selectFrom('robots')
        .select(ROBOT_COLUMNS)
        .where('project_id', '=', id)
        .where('name', '=', name)
        .executeTakeFirst()
      return row && robotOf(row)
    },
    update: (project, name, change, record) =>
      recordedWrite(engine, record, async queries => {
        const id = await projectId(queries, project)
        if (id === undefined) return false
        const { numUpdatedRows } = await queries
          .updateTable('robots')
          .set({ name, ...change })
          .where('project_id', '=', id)
          .where('name', '=', name)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    remove: (project, name, record) =>
      recordedWrite(engine, record, async queries => {
        const id = await projectId(queries, project)
        if (id === undefined) return false
        const removed = await queries
          .deleteFrom('robots')
          .where('project_id', '=', id)
          .where('name', '=', name)
          .returning('id')
          .executeTakeFirst()
        if (!removed) return false
        await removeSubject(queries, { kind: 'robot', id: removed.id })
        return true
      }),
  }
}

export function robotOf(row: {
  id: number
  name: string
  description: string
  state: IdentityState
  created_at: number
}): Robot {
  const { id, name, description, state } = row
  return { id, name, description, state, createdAt: row.created_at }
}
