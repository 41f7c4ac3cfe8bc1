import type { Queries } from '../engine.ts'
import { type Renaming, renamedDocument, renamedPattern } from './renaming.ts'
import { rewriteVulnerabilityPolicies } from './vulnerability-patterns.ts'

/** How many of each named the old name and name the new one now. */
export interface Rewritten {
  readonly grants: number
  readonly trustRules: number
  readonly tokens: number
  readonly immutabilityRules: number
  readonly retentionPolicies: number
  /** With exceptions. */
  readonly vulnerabilityPolicies: number
}

/** What names the old name in the project, in rules of the registry and in what tokens are restricted to, goes along. */
export async function rewritePatterns(queries: Queries, renaming: Renaming, projectId: number): Promise<Rewritten> {
  return {
    grants: await rewriteGrants(queries, renaming, projectId),
    trustRules: await rewriteTrustRules(queries, renaming, projectId),
    tokens: await rewriteTokens(queries, renaming),
    immutabilityRules: await rewriteImmutability(queries, renaming, projectId),
    retentionPolicies: await rewriteRetention(queries, renaming, projectId),
    vulnerabilityPolicies: await rewriteVulnerabilityPolicies(queries, renaming, projectId),
  }
}

async function rewriteGrants(queries: Queries, renaming: Renaming, projectId: number): Promise<number> {
  const grants = await queries
    .selectFrom('grants')
    .select(['id', 'subject_kind', 'subject_id', 'role', 'repositories', 'tags'])
    .where('project_id', '=', projectId)
    .execute()
  let count = 0
  for (const { id, repositories: before, ...grant } of grants) {
    const repositories = renamedPattern(renaming, before)
    if (repositories === undefined) continue
    count += 1
    // The subject may have been granted the same for the new name already.
    const same = await queries
      .selectFrom('grants')
      .select('id')
      .where('project_id', '=', projectId)
      .where('subject_kind', '=', grant.subject_kind)
      .where('subject_id', '=', grant.subject_id)
      .where('role', '=', grant.role)
      .where('tags', '=', grant.tags)
      .where('repositories', '=', repositories)
      .executeTakeFirst()
    if (same) await queries.deleteFrom('grants').where('id', '=', id).execute()
    else await queries.updateTable('grants').set({ repositories }).where('id', '=', id).execute()
  }
  return count
}

async function rewriteTrustRules(queries: Queries, renaming: Renaming, projectId: number): Promise<number> {
  const rules = await queries
    .selectFrom('trust_rules')
    .select(['id', 'rule'])
    .where('project_id', '=', projectId)
    .execute()
  let count = 0
  for (const { id, rule } of rules) {
    const read = JSON.parse(rule) as { readonly repositories: string }
    const repositories = renamedPattern(renaming, read.repositories)
    if (repositories === undefined) continue
    count += 1
    const written = JSON.stringify({ ...read, repositories })
    await queries.updateTable('trust_rules').set({ rule: written }).where('id', '=', id).execute()
  }
  return count
}

async function rewriteTokens(queries: Queries, renaming: Renaming): Promise<number> {
  const tokens = await queries
    .selectFrom('credentials')
    .select(['id', 'scope'])
    .where('scope', 'like', `%"${renaming.from}%`)
    .execute()
  let count = 0
  for (const { id, scope } of tokens) {
    const parts = JSON.parse(scope ?? '[]') as readonly { readonly repositories: string }[]
    const renamed = parts.map(part => renamedPattern(renaming, part.repositories))
    if (renamed.every(pattern => pattern === undefined)) continue
    count += 1
    const written = parts.map((part, at) => ({ ...part, repositories: renamed[at] ?? part.repositories }))
    await queries
      .updateTable('credentials')
      .set({ scope: JSON.stringify(written) })
      .where('id', '=', id)
      .execute()
  }
  return count
}

/** The registry's own rules too. */
async function rewriteImmutability(queries: Queries, renaming: Renaming, projectId: number): Promise<number> {
  const rules = await queries
    .selectFrom('immutability_rules')
    .select(['id', 'repositories', 'except_repositories'])
    .where(where => where.or([where('project_id', 'is', null), where('project_id', '=', projectId)]))
    .execute()
  let count = 0
  for (const { id, ...before } of rules) {
    const after = {
      repositories: renamedDocument(renaming, before.repositories),
      except_repositories: renamedDocument(renaming, before.except_repositories),
    }
    if (after.repositories === before.repositories && after.except_repositories === before.except_repositories) continue
    count += 1
    await queries.updateTable('immutability_rules').set(after).where('id', '=', id).execute()
  }
  return count
}

async function rewriteRetention(queries: Queries, renaming: Renaming, projectId: number): Promise<number> {
  const policies = await queries
    .selectFrom('retention_policies')
    .select('document')
    .where('project_id', '=', projectId)
    .execute()
  let count = 0
  for (const { document: before } of policies) {
    const document = renamedDocument(renaming, before)
    if (document === before) continue
    count += 1
    await queries.updateTable('retention_policies').set({ document }).where('project_id', '=', projectId).execute()
  }
  return count
}
