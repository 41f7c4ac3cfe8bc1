import type { Asked, StoredRun } from '../../stores/metadata/index.ts'
import { conflict, done, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { findPolicy } from './policies.ts'
import type { RetentionAdministration } from './retention.ts'
import type { RetentionItem } from './run-port.ts'

type See = Permit<'see project' | 'manage policy' | 'read audit'>

const LISTS_AT_ONCE = 20

/**
 * A run by hand, of the policy as it is now; begun within seconds. Of those who ask for the same at once one starts it
 * and all are told of it. @throws NOT_FOUND, CONFLICT while one of the other kind is under way.
 */
export async function askForRun(
  retention: RetentionAdministration,
  permit: Permit<'manage policy'>,
  wanted: { readonly isDryRun?: boolean | undefined },
): Promise<StoredRun> {
  const { runs, clock } = retention
  const { policy } = await findPolicy(retention, permit)
  const project = projectOfPermit(permit)
  const isDryRun = wanted.isDryRun === true || policy.isDryRun
  const [id, askedAt] = [Bun.randomUUIDv7(), clock()]
  const detail = { isDryRun, run: id }
  const entry = { type: 'retention-run.start', at: askedAt, kind: 'retention run', id, detail }
  const record = ({ outcome }: Asked) => (outcome === 'asked' ? [done(permit, entry)] : [])
  const asked = await runs.ask({ id, project, isDryRun, policy, askedAt, askedBy: permit.principal.name }, record)
  if (!('id' in asked)) throw notFound(`project ${project}`)
  if (asked.isDryRun !== isDryRun)
    throw conflict(
      `A ${asked.isDryRun ? 'dry ' : ''}run is under way (${asked.id}): wait for its end, or stop it (berth retention stop ${project} ${asked.id}).`,
    )
  return findRun(retention, permit, asked.id)
}

/** @throws NOT_FOUND. */
export async function findRun(
  { runs }: Pick<RetentionAdministration, 'runs'>,
  permit: See,
  id: string,
): Promise<StoredRun> {
  const project = projectOfPermit(permit)
  const run = await runs.find(project, id)
  if (!run) throw notFound(`run ${id} in ${project}`)
  return run
}

/** Newest first. */
export function listRuns(
  { runs }: Pick<RetentionAdministration, 'runs'>,
  permit: See,
  page: { readonly before?: string | undefined; readonly limit: number },
): Promise<readonly StoredRun[]> {
  return runs.list(projectOfPermit(permit), page)
}

/** What a run decided, in its order, from the item `from` on. @throws NOT_FOUND. */
export async function listRunItems(
  retention: Pick<RetentionAdministration, 'runs'>,
  permit: Permit<'read audit'>,
  id: string,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly RetentionItem[]> {
  await findRun(retention, permit, id)
  const found: RetentionItem[] = []
  while (found.length < limit) {
    const next = from + found.length
    const lists = await retention.runs.items(id, { from: next, lists: LISTS_AT_ONCE })
    const items = lists.flatMap(list => list.items) as RetentionItem[]
    const more = items.slice(next - (lists[0]?.position ?? next))
    if (more.length === 0) break
    found.push(...more)
  }
  return found.slice(0, limit)
}

/** Asks a run to end; what it has deleted by then stays deleted. @throws NOT_FOUND, CONFLICT when it has ended. */
export async function stopRun(
  retention: RetentionAdministration,
  permit: Permit<'manage policy'>,
  id: string,
): Promise<void> {
  const project = projectOfPermit(permit)
  await findRun(retention, permit, id)
  const entry = { type: 'retention-run.stop', at: retention.clock(), kind: 'retention run', id }
  const stopped = await retention.runs.stop(project, id, permit.principal.name, isStopped =>
    isStopped ? [done(permit, entry)] : [],
  )
  if (!stopped) throw conflict(`The run ${id} has ended already.`)
}
