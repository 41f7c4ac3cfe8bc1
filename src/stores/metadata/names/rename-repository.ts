import type { RepositoryName } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import { projectId } from '../identity/projects.ts'
import { type Judge, protectionFacts, type Refusal, repositoryWithProtection } from '../protection.ts'
import { repositoryId } from '../repositories.ts'
import { type Rewritten, rewritePatterns } from './patterns.ts'
import { firstOf, isFormerProject } from './redirects.ts'
import { type Renaming, renamedDocument } from './renaming.ts'

export interface RepositoryRename {
  readonly from: RepositoryName
  readonly to: RepositoryName
  readonly now: number
  /** The name of the principal. */
  readonly by: string
  /** What must stay as it is stays, its name too. */
  readonly judge: Judge
}

export type RepositoryRenameOutcome =
  | {
      readonly outcome: 'renamed'
      readonly rewritten: Rewritten
      /** Grants and rules that name the repository in the project that it left: they are about nothing any more. */
      readonly leftBehind: number
    }
  | { readonly outcome: 'protected'; readonly refusal: Refusal }
  | { readonly outcome: 'unknown' | 'unknown project' | 'taken' | 'former name' }

/**
 * Gives the repository another name, in another project perhaps; nothing of it is copied. Whether it fits where it goes
 * is for the caller to see to.
 */
export async function renameRepository(
  queries: Queries,
  { from, to, now, by, judge }: RepositoryRename,
): Promise<RepositoryRenameOutcome> {
  const found = await repositoryWithProtection(queries, from)
  if (!found) return { outcome: 'unknown' }
  const { id } = found
  if (found.isProtected) {
    const facts = await protectionFacts(queries, { ...found, repository: from }, [])
    const refusal = judge(facts, { kind: 'rename', by: 'person', now })
    if (refusal) return { outcome: 'protected', refusal }
  }
  if ((await repositoryId(queries, to)) !== undefined) return { outcome: 'taken' }
  if (!(await takeName(queries, id, to))) return { outcome: 'former name' }
  const [project, target] = [firstOf(from), firstOf(to)]
  const projectThere = await projectId(queries, target)
  if (project !== target && projectThere === undefined) return { outcome: 'unknown project' }
  // What each project uses is counted by the database itself (migrations/0011-usage.ts).
  await queries.updateTable('repositories').set({ name: to }).where('id', '=', id).execute()
  for (const name of await namesOf(queries, from))
    await queries
      .insertInto('redirects')
      .values({ name, repository_id: id, created_at: now, created_by: by })
      // Whatever is reached by that name already is reached by it still.
      .onConflict(conflict => conflict.column('name').doNothing())
      .execute()
  const left = await projectId(queries, project)
  const renaming = { kind: 'repository', from, to } as const
  if (project === target)
    return {
      outcome: 'renamed',
      rewritten: await rewritePatterns(queries, renaming, left ?? 0),
      leftBehind: 0,
    }
  return {
    outcome: 'renamed',
    rewritten: await rewritePatterns(queries, renaming, projectThere ?? 0),
    leftBehind: await countNaming(queries, left ?? 0, renaming),
  }
}

/** False when the name is kept for another repository. Its own former name a repository may have again. */
async function takeName(queries: Queries, id: number, name: RepositoryName): Promise<boolean> {
  const held = await queries.selectFrom('redirects').select('repository_id').where('name', '=', name).executeTakeFirst()
  if (held && held.repository_id !== id) return false
  if (held) await queries.deleteFrom('redirects').where('name', '=', name).execute()
  return !(await isFormerProject(queries, firstOf(name)))
}

/** The repository's name, and the names by which it is reached as one of a project that had others. */
async function namesOf(queries: Queries, name: RepositoryName): Promise<readonly RepositoryName[]> {
  const project = firstOf(name)
  const former = await queries
    .selectFrom('project_redirects')
    .innerJoin('projects', 'projects.id', 'project_redirects.project_id')
    .select('project_redirects.name')
    .where('projects.name', '=', project)
    .execute()
  return [name, ...former.map(each => `${each.name}${name.slice(project.length)}` as RepositoryName)]
}

/** Of what the project says by the repository's name. */
async function countNaming(queries: Queries, projectId: number, renaming: Renaming): Promise<number> {
  const grants = await queries
    .selectFrom('grants')
    .select('repositories')
    .where('project_id', '=', projectId)
    .where('repositories', '=', renaming.from)
    .execute()
  const trusted = await queries.selectFrom('trust_rules').select('rule').where('project_id', '=', projectId).execute()
  const immutable = await queries
    .selectFrom('immutability_rules')
    .select('repositories')
    .where('project_id', '=', projectId)
    .execute()
  const retained = await queries
    .selectFrom('retention_policies')
    .select('document')
    .where('project_id', '=', projectId)
    .execute()
  const judged = await queries
    .selectFrom('vulnerability_policies')
    .select('document')
    .where('project_id', '=', projectId)
    .execute()
  const documents = [
    ...trusted.map(({ rule }) => rule),
    ...immutable.map(({ repositories }) => repositories),
    ...retained.map(({ document }) => document),
    ...judged.map(({ document }) => document),
  ]
  return grants.length + documents.filter(document => renamedDocument(renaming, document) !== document).length
}
