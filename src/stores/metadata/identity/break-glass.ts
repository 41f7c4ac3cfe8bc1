import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { projectId } from './projects.ts'
import { subjectId } from './subjects.ts'

export interface GlassOpening {
  readonly id: string
  readonly project: string
  readonly user: string
  readonly reason: string
  readonly now: number
  readonly endsAt: number
}

/** A user who for a while may push where only pipelines may. */
export interface BreakGlass {
  /** Durable. */
  open(opening: GlassOpening, record?: Recording<'opened' | 'unknown'>): Promise<'opened' | 'unknown'>
  /** Durable. */
  close(closing: { project: string; user: string; now: number }, record?: Recording<void>): Promise<void>
}

export function createBreakGlass(engine: Engine): BreakGlass {
  return {
    open: ({ id, project, user, reason, now, endsAt }, record) =>
      recordedWrite<'opened' | 'unknown'>(engine, record, async queries => {
        const project_id = await projectId(queries, project)
        const user_id = await subjectId(queries, 'user', user)
        if (project_id === undefined || user_id === undefined) return 'unknown'
        await queries
          .insertInto('break_glass')
          .values({ id, project_id, user_id, reason, created_at: now, ends_at: endsAt })
          .execute()
        return 'opened'
      }),
    close: ({ project, user, now }, record) =>
      recordedWrite(engine, record, async queries => {
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
