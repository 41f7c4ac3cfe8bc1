import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { insertCredential, type NewCredential } from './credentials.ts'
import { projectId } from './projects.ts'
import { ROBOT_COLUMNS, type RobotCreated, robotOf } from './robots.ts'

export interface NewRobot {
  readonly name: string
  readonly description: string
  readonly grants: readonly { readonly role: string; readonly repositories: string; readonly tags: string }[]
  /** Its owner is the robot. */
  readonly credential: Omit<NewCredential, 'owner'>
  readonly now: number
}

export interface RobotSetup {
  /** The robot with what it may do and its first secret, or nothing of it; durable. */
  create(project: string, robot: NewRobot, record?: Recording<RobotCreated>): Promise<RobotCreated>
}

export function createRobotSetup(engine: Engine): RobotSetup {
  return {
    create: (project, { name, description, grants, credential, now }, record) =>
      recordedWrite<RobotCreated>(engine, record, async queries => {
        const id = await projectId(queries, project)
        if (id === undefined) return 'unknown project'
        const row = await queries
          .insertInto('robots')
          .values({ name, project_id: id, description, state: 'active', created_at: now })
          .onConflict(conflict => conflict.column('name').doNothing())
          .returning(ROBOT_COLUMNS)
          .executeTakeFirst()
        if (!row) return 'name taken'
        for (const grant of grants)
          await queries
            .insertInto('grants')
            .values({ ...grant, project_id: id, subject_kind: 'robot', subject_id: row.id, created_at: now })
            .onConflict(conflict => conflict.doNothing())
            .execute()
        await insertCredential(queries, { ...credential, owner: { kind: 'robot', id: row.id } })
        return robotOf(row)
      }),
  }
}
