import { type Permit, projectOfPermit } from '../access/index.ts'
import { findPolicy, requireGood } from './policies.ts'
import type { RetentionPolicy } from './policy.ts'
import type { RetentionAdministration } from './retention.ts'
import type { RetentionItem, RetentionReport } from './run-port.ts'

/** To be told once, at once. */
export interface Preview {
  /** Tells of every image as it is decided; whoever is told may take their time. */
  tell(onItem: (item: RetentionItem) => void | Promise<void>, signal: AbortSignal): Promise<RetentionReport>
}

/**
 * What a run would do, of the policy that is given or else of the one there is. What is wrong is said before anything is
 * told. @throws INVALID, NOT_FOUND, TOOMANYREQUESTS.
 */
export async function previewPolicy(
  retention: RetentionAdministration,
  permit: Permit<'manage policy'>,
  given: RetentionPolicy | undefined,
): Promise<Preview> {
  const project = projectOfPermit(permit)
  if (given) requireGood(project, given, retention.clock())
  const policy = given ?? (await findPolicy(retention, permit)).policy
  const task = { project, policy, by: permit.principal.name }
  const { over, give } = retention.turns.take()
  return {
    async tell(onItem, signal) {
      try {
        return await retention.run(task, { isDryRun: true, onItem, signal: AbortSignal.any([signal, over]) })
      } finally {
        give()
      }
    },
  }
}
