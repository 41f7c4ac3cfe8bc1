import type { Clock } from '../../platform/clock/index.ts'
import type { ImmutabilityRules, Locks } from '../../stores/metadata/index.ts'
import type { Action, Permit, ProjectAction } from '../access/index.ts'
import { projectOfPermit } from '../access/index.ts'

/** What the use cases about rules and locks stand on. */
export interface Protection {
  readonly rules: ImmutabilityRules
  readonly locks: Locks
  readonly hasProject: (name: string) => Promise<boolean>
  /** Rules of retention that delete tags of the project, for warnings. */
  readonly deletingRules: (project: string) => Promise<readonly DeletingRule[]>
  readonly clock: Clock
}

export interface DeletingRule {
  readonly name: string
  /** Is the rule about this tag at all, whatever its age and place among the newest? */
  readonly selects: (repository: string, tag: string) => boolean
}

/** The project that the permit is for; undefined: the whole registry. */
export function scopeOf(permit: Permit<Action>): string | undefined {
  return permit.resource === 'registry' ? undefined : projectOfPermit(permit as Permit<ProjectAction>)
}

/** `project shop`, for people. */
export function scopeText(project: string | undefined): string {
  return project === undefined ? 'the registry' : `project ${project}`
}
