import type { Engine } from '../engine.ts'
import { projectId } from './projects.ts'
import { subjectId } from './subjects.ts'

/** A user who for a while may push where only pipelines may. */
export interface BreakGlass {
  /** Durable. */
  open(opening: {
    id: string
    project: string
    user: string
    reason: string
    now: number
    endsAt: number
  }): Promise<'opened' | 'unknown'>
  /** Durable. */
  close(project: string, user: string, now: number): Promise<void>
}

export function createBreakGlass(engine: Engine): BreakGlass {
  return {
    open: ({ id, project, user, reason, now, endsAt }) =>
      engine.write(async queries => {
        const project_id = await projectId(queries, project)
        const user_id = await subjectId(queries, 'user', user)
        if (project_id === undefined || user_id === undefined) return 'unknown'
        await queries
          .insertInto('break_glass')
          .values({ id, project_id, user_id, reason, created_at: now, ends_at: endsAt })
          .execute()
        return 'opened'
      }),
    close: (project, user, now) =>
      engine.write(async queries => {
        const project_id = await projectId(queries, project)
        const user_id = await subjectId(queries, 'user', user)
        if (project_id === undefined || user_id === undefined) return
        await queries
          .updateTable('break_glass')
          .set({ ends_at: now })
          .where('project_id', '=', project_id)
          .where('user_id', '=', user_id)
          .where('ends_at', '>', now)
          .execute()
      }),
  }
}
