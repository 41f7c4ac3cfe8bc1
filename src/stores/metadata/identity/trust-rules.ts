import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { projectId } from './projects.ts'

/** Which pipelines may push to a project; what a rule says is the business of who reads it. */
export interface TrustRuleRecord {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly rule: unknown
  readonly createdAt: number
}

export type TrustRuleAdded = 'added' | 'unknown project' | 'name taken'

export interface TrustRules {
  /** Of one project, or of all. */
  list(project?: string): Promise<readonly TrustRuleRecord[]>
  /** Durable. */
  add(rule: TrustRuleRecord, record?: Recording<TrustRuleAdded>): Promise<TrustRuleAdded>
  /** Durable. */
  remove(project: string, name: string, record?: Recording<boolean>): Promise<boolean>
}

export function createTrustRules(engine: Engine): TrustRules {
  return {
    async list(project) {
      const rows = await engine.db
        .selectFrom('trust_rules')
        .innerJoin('projects', 'projects.id', 'trust_rules.project_id')
        .select(['trust_rules.id', 'projects.name as project', 'trust_rules.name', 'rule', 'trust_rules.created_at'])
        .$if(project !== undefined, query => query.where('projects.name', '=', project as string))
        .orderBy('projects.name')
        .orderBy('trust_rules.name')
        .execute()
      return rows.map(({ created_at, rule, ...row }) => ({ ...row, rule: JSON.parse(rule), createdAt: created_at }))
    },
    add: ({ id, project, name, rule, createdAt }, record) =>
      recordedWrite<TrustRuleAdded>(engine, record, async queries => {
        const within = await projectId(queries, project)
        if (within === undefined) return 'unknown project'
        const added = await queries
          .insertInto('trust_rules')
          .values({ id, project_id: within, name, rule: JSON.stringify(rule), created_at: createdAt })
          .onConflict(conflict => conflict.columns(['project_id', 'name']).doNothing())
          .returning('id')
          .executeTakeFirst()
        return added ? 'added' : 'name taken'
      }),
    remove: (project, name, record) =>
      recordedWrite(engine, record, async queries => {
        const within = await projectId(queries, project)
        if (within === undefined) return false
        const { numDeletedRows } = await queries
          .deleteFrom('trust_rules')
          .where('project_id', '=', within)
          .where('name', '=', name)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}
