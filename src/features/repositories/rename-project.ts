import type { Rewritten } from '../../stores/metadata/index.ts'
import { conflict, done, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { parseProjectName } from '../identity/index.ts'
import { AFTER_PROJECT_RENAME } from './by-hand.ts'
import { type RepositoryNames, requirePermit } from './repositories.ts'

export interface RenamedProject {
  readonly from: string
  readonly to: string
  readonly repositories: number
  readonly robots: number
  readonly rewritten: Rewritten
  /** What is left for people to look at. */
  readonly byHand: readonly string[]
}

/**
 * Gives the project another name, and with it its repositories and robots, in one transaction; durable. Pulls by the old
 * names go on. It takes the right to make projects too: the new name is one that nobody else can have then.
 * @throws NAME_INVALID, NOT_FOUND, CONFLICT, DENIED.
 */
export async function renameProject(
  names: RepositoryNames,
  permit: Permit<'manage project'>,
  { to: text }: { readonly to: string },
): Promise<RenamedProject> {
  const from = projectOfPermit(permit)
  const to = parseProjectName(text)
  await requirePermit(names, permit, 'create project', 'registry')
  await requirePermit(names, permit, 'manage policy', { project: from })
  const now = names.clock()
  const outcome = await names.names.renameProject({ from, to, now, by: permit.principal.name }, result => {
    if (result.outcome !== 'renamed') return []
    const { repositories, robots } = result
    const detail = { before: from, after: to, repositories, robots }
    const entry = done(permit, { type: 'project.rename', at: now, kind: 'project', id: to, detail })
    // It is looked for by either name.
    return [from, to].map(project => ({ ...entry, resource: { ...entry.resource, project } }))
  })
  switch (outcome.outcome) {
    case 'renamed': {
      const { repositories, robots, rewritten } = outcome
      return { from, to, repositories, robots, rewritten, byHand: AFTER_PROJECT_RENAME }
    }
    case 'unknown':
      throw notFound(`project ${from}`)
    case 'taken':
      throw conflict(`There is a project ${to} already, or repositories below that name.`)
    case 'former name':
      throw conflict(
        `${outcome.name} is a former name that still leads somewhere: berth redirect remove ${outcome.name} frees it.`,
      )
    case 'too long':
      throw conflict(`${outcome.repository} would have a name longer than 255 characters: choose a shorter one.`)
  }
}
