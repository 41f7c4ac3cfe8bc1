import { type Action, type Permit, refused } from '../access/index.ts'
import type { Administration } from './administration.ts'

/** Records that a use case refused what the access decision allowed: such as giving away more than one has. */
export async function recordDenial(
  { audit, clock }: Pick<Administration, 'audit' | 'clock'>,
  permit: Permit<Action>,
  { operation, reason }: { readonly operation: string; readonly reason: string },
): Promise<void> {
  const change = { type: 'administration.denied', at: clock(), detail: { operation } }
  await audit.inbox.record([refused(permit, change, reason)])
}
