import type { RepositoryName, Tag } from '../../oci/index.ts'
import { type Recording, recordedWrite } from './audit/recorded-write.ts'
import type { Engine, Queries } from './engine.ts'
import { projectId } from './identity/projects.ts'
import { isInProject } from './in-project.ts'
import { type ImmutabilityRule, ruleOf, type SetTag } from './protection.ts'

export interface StoredImmutabilityRule extends ImmutabilityRule {
  readonly createdAt: number
  readonly createdBy: string
}

export type RulePut =
  | { readonly outcome: 'created' }
  | { readonly outcome: 'replaced'; readonly before: ImmutabilityRule }
  | { readonly outcome: 'unknown project' }
  | { readonly outcome: 'too many' }

export interface TagOfRepository extends SetTag {
  readonly repository: RepositoryName
}

export interface ImmutabilityRules {
  /** In the order in which they were made: those of the project, or, undefined, those of the registry. */
  list(project: string | undefined): Promise<readonly StoredImmutabilityRule[]>
  /** A rule of the same name is replaced where it stands; durable. */
  put(
    rule: ImmutabilityRule & { readonly now: number; readonly by: string; readonly most: number },
    record?: Recording<RulePut>,
  ): Promise<RulePut>
  /** Gives the rule that was there; durable. */
  remove(
    rule: { readonly project: string | undefined; readonly name: string },
    record?: Recording<ImmutabilityRule | undefined>,
  ): Promise<ImmutabilityRule | undefined>
  /** Tags of the project's repositories, or of all, by repository and name. */
  tags(page: {
    readonly project: string | undefined
    readonly after: { readonly repository: string; readonly tag: string } | undefined
    readonly limit: number
  }): Promise<readonly TagOfRepository[]>
}

export function createImmutabilityRules(engine: Engine): ImmutabilityRules {
  return {
    list: project => listRules(engine.db, project),
    put: (rule, record) => recordedWrite(engine, record, queries => putRule(queries, rule)),
    remove: ({ project, name }, record) =>
      recordedWrite(engine, record, async queries => {
        const before = await findRule(queries, project, name)
        if (before) await queries.deleteFrom('immutability_rules').where('id', '=', before.id).execute()
        return before && ruleOf(before)
      }),
    tags: page => listTags(engine.db, page),
  }
}

function rows(queries: Queries, project: string | undefined) {
  return queries
    .selectFrom('immutability_rules')
    .leftJoin('projects', 'projects.id', 'immutability_rules.project_id')
    .selectAll('immutability_rules')
    .select('projects.name as project')
    .where(where =>
      project === undefined ? where('immutability_rules.project_id', 'is', null) : where('projects.name', '=', project),
    )
    .orderBy('immutability_rules.id')
}

async function listRules(queries: Queries, project: string | undefined): Promise<readonly StoredImmutabilityRule[]> {
  const found = await rows(queries, project).execute()
  return found.map(row => ({ ...ruleOf(row), createdAt: row.created_at, createdBy: row.created_by }))
}

function findRule(queries: Queries, project: string | undefined, name: string) {
  return rows(queries, project).where('immutability_rules.name', '=', name).executeTakeFirst()
}

async function putRule(
  queries: Queries,
  { project, name, now, by, most, ...rule }: Parameters<ImmutabilityRules['put']>[0],
): Promise<RulePut> {
  const within = project === undefined ? null : await projectId(queries, project)
  if (within === undefined) return { outcome: 'unknown project' }
  const columns = {
    repositories: JSON.stringify(rule.repositories),
    except_repositories: JSON.stringify(rule.exceptRepositories),
    tags: JSON.stringify(rule.tags),
    except_tags: JSON.stringify(rule.exceptTags),
    immutable_for_days: rule.immutableForDays ?? null,
    afterwards: rule.afterwards,
    created_at: now,
    created_by: by,
  }
  const before = await findRule(queries, project, name)
  if (before) {
    await queries.updateTable('immutability_rules').set(columns).where('id', '=', before.id).execute()
    return { outcome: 'replaced', before: ruleOf(before) }
  }
  if ((await rows(queries, project).execute()).length >= most) return { outcome: 'too many' }
  await queries
    .insertInto('immutability_rules')
    .values({ project_id: within, name, ...columns })
    .execute()
  return { outcome: 'created' }
}

async function listTags(
  queries: Queries,
  { project, after, limit }: Parameters<ImmutabilityRules['tags']>[0],
): Promise<readonly TagOfRepository[]> {
  return queries
    .selectFrom('repositories')
    .innerJoin('tags', 'tags.repository_id', 'repositories.id')
    .select(['repositories.name as repository', 'tags.name as tag', 'tags.digest', 'tags.updated_at as setAt'])
    .$if(project !== undefined, query => query.where(where => isInProject(where, project as string)))
    .$if(after !== undefined, query =>
      query.where(({ and, eb, or }) =>
        or([
          eb('repositories.name', '>', after?.repository as RepositoryName),
          and([
            eb('repositories.name', '=', after?.repository as RepositoryName),
            eb('tags.name', '>', after?.tag as Tag),
          ]),
        ]),
      ),
    )
    .orderBy('repositories.name')
    .orderBy('tags.name')
    .limit(limit)
    .execute()
}
