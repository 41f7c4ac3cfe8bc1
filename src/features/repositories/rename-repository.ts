import { parseRepositoryName, RegistryError, type RepositoryName } from '../../oci/index.ts'
import type { Rewritten } from '../../stores/metadata/index.ts'
import { conflict, done, notFound, type Permit, projectOf, refused } from '../access/index.ts'
import { judgeChange, refusalError } from '../protection/index.ts'
import { byHandAfterMove, RULES_BY_PATTERN } from './by-hand.ts'
import { type RepositoryNames, repositoryIn, requirePermit } from './repositories.ts'

export interface RenamedRepository {
  readonly from: RepositoryName
  readonly to: RepositoryName
  readonly rewritten: Rewritten
  /** What is left for people to look at. */
  readonly byHand: readonly string[]
}

/**
 * Gives the repository another name, in another project perhaps, in one transaction; durable. Pulls by the old name go
 * on. It takes the right to manage both projects and their rules, and to push to the new name: who may not could put
 * content where it must not be, or take it from under the rules that hold it.
 * @throws NAME_INVALID, INVALID, NAME_UNKNOWN, NOT_FOUND, CONFLICT, DENIED, also while the repository is locked.
 */
export async function renameRepository(
  names: RepositoryNames,
  permit: Permit<'manage project'>,
  rename: { readonly repository: string; readonly to: string },
): Promise<RenamedRepository> {
  const from = repositoryIn(permit, rename.repository)
  const to = parseRepositoryName(rename.to, names.maxNameLength)
  const [project, target] = [projectOf({ repository: from }), projectOf({ repository: to })]
  await requirePermit(names, permit, 'manage policy', { project })
  if (target !== project) {
    await requirePermit(names, permit, 'manage project', { project: target })
    await requirePermit(names, permit, 'push', { repository: to })
  }
  const [now, by] = [names.clock(), permit.principal.name]
  const outcome = await names.names.renameRepository({ from, to, now, by, judge: judgeChange }, result => {
    const change = { type: 'repository.rename', at: now, kind: 'repository', id: to }
    if (result.outcome === 'protected') return [refused(permit, change, result.refusal.because)]
    if (result.outcome !== 'renamed') return []
    const entry = done(permit, { ...change, detail: { before: from, after: to, ...counts(result.rewritten) } })
    // Each project's own log tells it.
    return [project, ...(target === project ? [] : [target])].map(each => ({
      ...entry,
      resource: { ...entry.resource, project: each, repository: each === target ? to : from },
    }))
  })
  switch (outcome.outcome) {
    case 'renamed':
      return { from, to, rewritten: outcome.rewritten, byHand: notesOf(from, to, outcome.leftBehind) }
    case 'protected':
      throw refusalError(outcome.refusal, {})
    case 'unknown':
      throw new RegistryError('NAME_UNKNOWN', `There is no repository ${from}.`, { detail: { repository: from } })
    case 'unknown project':
      throw notFound(`project ${target}: make it first`)
    case 'taken':
      throw conflict(`There is a repository ${to} already.`)
    case 'former name':
      throw conflict(`${to} was the name of another repository and leads to it: berth redirect remove ${to} frees it.`)
  }
}

function notesOf(from: RepositoryName, to: RepositoryName, leftBehind: number): readonly string[] {
  const isMove = projectOf({ repository: from }) !== projectOf({ repository: to })
  return [RULES_BY_PATTERN, ...(isMove ? byHandAfterMove(from, leftBehind) : [])]
}

function counts(rewritten: Rewritten): Record<string, number> {
  return Object.fromEntries(Object.entries(rewritten).filter(([, count]) => count > 0))
}
