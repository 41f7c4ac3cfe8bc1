import type { Project, Pushers, Visibility } from '../../stores/metadata/index.ts'
import {
  authorizeIfAllowed,
  conflict,
  difference,
  done,
  notFound,
  type Permit,
  projectOfPermit,
} from '../access/index.ts'
import { parseProjectName } from '../identity/index.ts'
import type { Administration, PageOf } from './administration.ts'
import { type NetworkRules, requireNetworkRules } from './network-rules.ts'

/**
 * Those that the caller may see; the page is `all` rows that were looked at, so that a short one need not be the last.
 */
export async function listProjects(
  { identities, access }: Administration,
  { principal, origin }: Permit<'catalog'>,
  page: PageOf<string>,
): Promise<{ readonly projects: readonly Project[]; readonly last: string | undefined }> {
  const seesAll = await authorizeIfAllowed(access, { principal, origin, action: 'see registry', resource: 'registry' })
  const last = (rows: readonly Project[]) => (rows.length === page.limit ? rows.at(-1)?.name : undefined)
  if (seesAll) {
    const rows = await identities.projects.list(page)
    return { projects: rows, last: last(rows) }
  }
  const { kind, accountId: id } = principal
  if ((kind !== 'user' && kind !== 'robot') || id === undefined) return { projects: [], last: undefined }
  const rows = await identities.projects.list({ ...page, holder: { kind, id } })
  const projects: Project[] = []
  for (const row of rows) {
    const resource = { project: row.name }
    // A token may be restricted to less than what its owner was granted.
    if (await authorizeIfAllowed(access, { principal, origin, action: 'see project', resource })) projects.push(row)
  }
  return { projects, last: last(rows) }
}

/** @throws NOT_FOUND. */
export async function findProject(
  { identities }: Administration,
  permit: Permit<'see project' | 'manage project' | 'manage policy'>,
): Promise<Project> {
  const name = projectOfPermit(permit)
  const project = await identities.projects.find(name)
  if (!project) throw notFound(`project ${name}`)
  return project
}

/** The user who makes it owns it. @throws NAME_INVALID, CONFLICT. */
export async function createProject(
  { identities, clock }: Administration,
  permit: Permit<'create project'>,
  { name: text, visibility }: { readonly name: string; readonly visibility: Visibility },
): Promise<Project> {
  const name = parseProjectName(text)
  const { kind, accountId } = permit.principal
  const now = clock()
  const entry = {
    ...done(permit, { type: 'project.create', at: now, kind: 'project', id: name, detail: { visibility } }),
    resource: { project: name, kind: 'project', id: name },
  }
  const ownerId = kind === 'user' ? accountId : undefined
  const isNew = await identities.projects.create({ name, visibility, ownerId, now }, made => (made ? [entry] : []))
  const project = isNew ? await identities.projects.find(name) : undefined
  if (!project) throw conflict(`There is a project ${name} already.`)
  return project
}

/** @throws NOT_FOUND. */
export async function changeProject(
  administration: Administration,
  permit: Permit<'manage project'>,
  change: { readonly visibility?: Visibility | undefined },
): Promise<Project> {
  const before = await findProject(administration, permit)
  const detail = difference({ visibility: before.visibility }, change)
  await update(administration, permit, change, { type: 'project.update', detail })
  return findProject(administration, permit)
}

/** Who may push, and from where; how long the trash keeps what is deleted. Null takes the network rules, the days away. @throws NOT_FOUND, INVALID. */
export async function changePolicy(
  administration: Administration,
  permit: Permit<'manage policy'>,
  change: {
    readonly pushers?: Pushers | undefined
    readonly network?: NetworkRules | null | undefined
    readonly trashDays?: number | null | undefined
  },
): Promise<Project> {
  const before = await findProject(administration, permit)
  const { pushers, network, trashDays } = change
  if (network) requireNetworkRules(network)
  const detail = difference(
    {
      pushers: before.pushers,
      network: before.network === undefined ? null : JSON.stringify(before.network),
      trashDays: before.trashDays,
    },
    { pushers, network: network ? JSON.stringify(network) : network, trashDays },
  )
  await update(administration, permit, change, { type: 'project.update', detail })
  return findProject(administration, permit)
}

async function update(
  { identities, clock }: Administration,
  permit: Permit<'manage project' | 'manage policy'>,
  change: Parameters<Administration['identities']['projects']['update']>[1],
  { type, detail }: { readonly type: string; readonly detail: ReturnType<typeof difference> },
): Promise<void> {
  const name = projectOfPermit(permit)
  const entry = { type, at: clock(), kind: 'project', id: name, detail }
  const isThere = await identities.projects.update(name, change, made => (made ? [done(permit, entry)] : []))
  if (!isThere) throw notFound(`project ${name}`)
}

/** @throws NOT_FOUND, CONFLICT while it has repositories. */
export async function removeProject(
  { identities, clock }: Administration,
  permit: Permit<'manage project'>,
): Promise<void> {
  const name = projectOfPermit(permit)
  const entry = { type: 'project.delete', at: clock(), kind: 'project', id: name }
  const outcome = await identities.projects.remove(name, result => (result === 'removed' ? [done(permit, entry)] : []))
  if (outcome === 'unknown') throw notFound(`project ${name}`)
  if (outcome === 'has repositories')
    throw conflict(`${name} has repositories: delete what is in them first; garbage collection then removes them.`)
}
