import { parseReference, parseRepositoryName, type Reference, type RepositoryName } from '../../oci/index.ts'
import type { AuditDetail, Locked, LockKind, LockOfRepository } from '../../stores/metadata/index.ts'
import { audited, invalid, notFound, type Permit, projectOf } from '../access/index.ts'
import { requireProject } from './immutability-rules.ts'
import { type Protection, scopeOf } from './protection.ts'

export interface LockInput {
  readonly repository: string
  /** A tag or digest; absent: the repository as a whole. */
  readonly reference?: string | undefined
  readonly kinds: readonly LockKind[]
}

const LONGEST_REASON = 500

/** By repository, digest and kind. @throws NOT_FOUND, INVALID. */
export async function listLocks(
  protection: Protection,
  permit: Permit<'see project'>,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly LockOfRepository[]> {
  const project = scopeOf(permit)
  await requireProject(protection, project)
  return protection.locks.list({ project, after: placeOf(after), limit })
}

/** Where a list goes on after this lock. */
export function placeOfLock({ repository, digest, kind }: LockOfRepository): string {
  return `${repository}@${digest ?? ''}@${kind}`
}

/** One that is there already gets the new reason. @throws NAME_INVALID, INVALID, NOT_FOUND. */
export async function addLock(
  protection: Protection,
  permit: Permit<'manage policy'>,
  { reason, ...input }: LockInput & { readonly reason: string },
): Promise<readonly LockOfRepository[]> {
  const why = reason.trim()
  if (why === '' || why.length > LONGEST_REASON)
    throw invalid({ field: 'reason', message: `say why, in up to ${LONGEST_REASON} characters` })
  const target = targetOf(permit, input)
  const [now, by] = [protection.clock(), permit.principal.name]
  const locked = await protection.locks.add({ ...target, reason: why, by, now }, result =>
    recordOf(permit, target, result, { type: 'lock.create', at: now }),
  )
  if (locked.outcome === 'unknown') throw unknown(input)
  return locked.locks
}

/** Gives those that were taken away. @throws NAME_INVALID, INVALID, NOT_FOUND. */
export async function removeLock(
  protection: Protection,
  permit: Permit<'manage policy'>,
  input: LockInput,
): Promise<readonly LockOfRepository[]> {
  const target = targetOf(permit, input)
  const unlocked = await protection.locks.remove(target, result =>
    recordOf(permit, target, result, { type: 'lock.delete', at: protection.clock() }),
  )
  if (unlocked.outcome === 'unknown') throw unknown(input)
  if (unlocked.locks.length === 0) throw notFound(`lock (${target.kinds.join(', ')}) on ${nameOf(input)}`)
  return unlocked.locks
}

interface Target {
  readonly repository: RepositoryName
  readonly reference: Reference | undefined
  readonly kinds: readonly LockKind[]
}

function targetOf(permit: Permit<'manage policy'>, { repository: text, reference, kinds }: LockInput): Target {
  const repository = parseRepositoryName(text)
  if (projectOf({ repository }) !== scopeOf(permit))
    throw invalid({ field: 'repository', message: `is in project ${projectOf({ repository })}` })
  if (kinds.length === 0) throw invalid({ field: 'kinds', message: 'expected delete, write or both' })
  return {
    repository,
    reference: reference === undefined ? undefined : parseReference(reference),
    kinds: [...new Set(kinds)],
  }
}

function recordOf(
  permit: Permit<'manage policy'>,
  { repository, reference }: Target,
  result: Locked,
  { type, at }: { readonly type: string; readonly at: number },
) {
  if (result.outcome === 'unknown') return []
  const tag = reference && 'tag' in reference ? { tag: reference.tag } : {}
  const digest = result.digest === undefined ? {} : { digest: result.digest }
  return result.locks.map(({ kind, reason }) => {
    const detail: AuditDetail = { lock: kind, reason }
    const resource = { repository, kind: 'lock', ...tag, ...digest }
    return audited(permit, { at, type, category: 'administration', outcome: 'success', resource, detail })
  })
}

function unknown(input: LockInput) {
  return notFound(input.reference === undefined ? `repository ${input.repository}` : `image ${nameOf(input)}`)
}

function nameOf({ repository, reference }: LockInput): string {
  if (reference === undefined) return repository
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}`
}

function placeOf(after: string | undefined) {
  if (after === undefined) return undefined
  const [repository = '', digest = '', kind = ''] = after.split('@')
  if (repository === '') throw invalid({ field: 'after', message: 'expected what the page before ended with' })
  return { repository, digest, kind }
}
