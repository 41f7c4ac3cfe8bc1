import type { RepositoryName } from '../../oci/index.ts'
import type { Redirect } from '../../stores/metadata/index.ts'
import { authorizeIfAllowed, done, notFound, type Permit, projectOf, projectOfPermit } from '../access/index.ts'
import type { RepositoryNames } from './repositories.ts'

/** A former name; `to` is told to those who may see what is there. */
export type RedirectView = Omit<Redirect, 'to'> & { readonly to: string | undefined }

/** Names that are kept in the project, and names that lead into it. */
export async function listRedirects(
  { redirects, access }: RepositoryNames,
  permit: Permit<'see project'>,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly RedirectView[]> {
  const { principal, origin } = permit
  const views: RedirectView[] = []
  for (const { to, ...redirect } of await redirects.listRedirects(projectOfPermit(permit), page)) {
    const resource = redirect.kind === 'project' ? { project: to } : { repository: to as RepositoryName }
    const maySee = await authorizeIfAllowed(access, { principal, origin, action: 'see project', resource })
    views.push({ ...redirect, to: maySee ? to : undefined })
  }
  return views
}

/**
 * Ends pulls by a former name, which anybody may take then; durable. Those may who manage the project that the name is in,
 * or the one that it leads to. @throws NOT_FOUND.
 */
export async function removeRedirect(
  { redirects, clock }: RepositoryNames,
  permit: Permit<'manage project'>,
  name: string,
): Promise<void> {
  const project = projectOfPermit(permit)
  const redirect = await redirects.findRedirect(name)
  const places = redirect && [name, redirect.to].map(each => projectOf({ repository: each as RepositoryName }))
  if (!redirect || !places?.includes(project)) throw notFound(`redirect ${name} of project ${project}`)
  const entry = { type: 'redirect.delete', at: clock(), kind: 'redirect', id: name, detail: { to: redirect.to } }
  if (!(await redirects.removeRedirect(name, isGone => (isGone ? [done(permit, entry)] : []))))
    throw notFound(`redirect ${name} of project ${project}`)
}
