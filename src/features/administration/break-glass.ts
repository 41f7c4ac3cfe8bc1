import { conflict, done, invalid, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { randomText } from '../identity/index.ts'
import type { Administration } from './administration.ts'

const LEAST_REASON = 10
const LONGEST_MINUTES = 240

/**
 * Lets the caller push where only pipelines may, for a while and with a reason that stays in the audit log.
 * @throws INVALID, CONFLICT when there is nothing to break, NOT_FOUND.
 */
export async function openGlass(
  { identities, clock }: Administration,
  permit: Permit<'manage policy'>,
  { reason: text, minutes }: { readonly reason: string; readonly minutes: number },
): Promise<{ readonly endsAt: number }> {
  const project = projectOfPermit(permit)
  const { kind, name } = permit.principal
  const reason = text.trim()
  if (reason.length < LEAST_REASON)
    throw invalid({ field: 'reason', message: `say why, in ${LEAST_REASON} characters at least` })
  if (!(minutes > 0 && minutes <= LONGEST_MINUTES))
    throw invalid({ field: 'minutes', message: `expected more than 0 and at most ${LONGEST_MINUTES}` })
  if (kind !== 'user') throw conflict('The glass is broken by a person who is signed in.')
  const found = await identities.projects.find(project)
  if (!found) throw notFound(`project ${project}`)
  if (found.pushers !== 'pipelines')
    throw conflict(`Members whose role allows it may push to ${project} already: there is no glass to break.`)
  const now = clock()
  const endsAt = now + Math.round(minutes * 60_000)
  const detail = { reason, endsAt: new Date(endsAt).toISOString() }
  const entry = { type: 'break-glass.open', at: now, kind: 'user', id: name, detail }
  const opening = { id: randomText(12), project, user: name, reason, now, endsAt }
  const outcome = await identities.breakGlass.open(opening, result =>
    result === 'opened' ? [done(permit, entry)] : [],
  )
  if (outcome === 'unknown') throw notFound(`project ${project}`)
  return { endsAt }
}

/** @param user whose; the caller's own when undefined. */
export async function closeGlass(
  { identities, clock }: Administration,
  permit: Permit<'manage policy'>,
  user: string | undefined,
): Promise<void> {
  const project = projectOfPermit(permit)
  const whose = user ?? permit.principal.name
  if (!(await identities.users.find(whose))) throw notFound(`user ${whose}`)
  const now = clock()
  const entry = { type: 'break-glass.close', at: now, kind: 'user', id: whose }
  await identities.breakGlass.close({ project, user: whose, now }, () => [done(permit, entry)])
}
