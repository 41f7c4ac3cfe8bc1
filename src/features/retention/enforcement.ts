import { conflict, type Permit } from '../access/index.ts'
import { changePolicy, findPolicy, type PolicyView } from './policies.ts'
import { previewPolicy } from './preview.ts'
import type { RetentionAdministration } from './retention.ts'
import type { RetentionReport } from './run-port.ts'

type Manage = Permit<'manage policy'>

/**
 * Ends the dry run: from now on runs delete. Tells what the next one would delete, by the policy that was there when it
 * was asked for. @throws NOT_FOUND, TOOMANYREQUESTS, CONFLICT when the policy was changed meanwhile.
 */
export async function enforcePolicy(
  retention: RetentionAdministration,
  permit: Manage,
): Promise<PolicyView & { readonly next: RetentionReport }> {
  const { policy } = await findPolicy(retention, permit)
  const preview = await previewPolicy(retention, permit, policy)
  const next = await preview.tell(() => undefined, new AbortController().signal)
  const { outcome, deleted, freedBytes } = next
  if (outcome === 'stopped')
    throw conflict('It took too long to say what would be deleted: try again when less is done.')
  const told = { 'next.outcome': outcome, 'next.deleted': deleted, 'next.freedBytes': freedBytes }
  await changePolicy(
    retention,
    permit,
    before =>
      JSON.stringify(before) === JSON.stringify(policy)
        ? { ...policy, isDryRun: false }
        : 'The policy was changed meanwhile: look at the preview again.',
    { type: 'retention-policy.enforce', detail: told },
  )
  return { ...(await findPolicy(retention, permit)), next }
}

/** Back to dry run. @throws NOT_FOUND. */
export async function relaxPolicy(retention: RetentionAdministration, permit: Manage): Promise<PolicyView> {
  await findPolicy(retention, permit)
  const relaxed = { type: 'retention-policy.relax' }
  const isGone = 'There is no policy any more.'
  await changePolicy(retention, permit, before => (before ? { ...before, isDryRun: true } : isGone), relaxed)
  return findPolicy(retention, permit)
}
