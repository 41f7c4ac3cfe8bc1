import type { RepositoryName } from '../../oci/index.ts'
import type { Principal, TokenAccess } from '../identity/index.ts'
import { type Access, answer, type Origin } from './authorize.ts'
import type { ProjectAction } from './permissions.ts'
import { type FindRenamed, permitByFormerName } from './renamed.ts'

/** What a registry client asked for, as Docker's grammar has it, with the repository's name parsed. */
export type RequestedScope =
  | { readonly type: 'repository'; readonly repository: RepositoryName; readonly actions: readonly string[] }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly actions: readonly string[] }

const ACTIONS = ['pull', 'push', 'delete'] as const satisfies readonly ProjectAction[]

/**
 * What of it the principal may do: a token is issued for that, and a request that needs more is refused with its reason.
 * By a former name it is granted what the principal may do by the present one. (A refusal here would hide the reason from people: clients show what the registry answers, not the token server.)
 */
export async function grantScopes(
  access: Access,
  { principal, origin }: { readonly principal: Principal; readonly origin: Origin },
  scopes: readonly RequestedScope[],
  findRenamed: FindRenamed,
): Promise<readonly TokenAccess[]> {
  const granted: TokenAccess[] = []
  for (const scope of scopes) {
    if (scope.type === 'registry') {
      const { decision } = await answer(access, { principal, origin, action: 'catalog', resource: 'registry' })
      if (decision.isAllowed) granted.push({ type: 'registry', name: scope.name, actions: ['*'] })
      continue
    }
    const { repository } = scope
    const actions: string[] = []
    for (const action of ACTIONS) {
      if (!scope.actions.includes(action) && !scope.actions.includes('*')) continue
      const { decision } = await answer(access, { principal, origin, action, resource: { repository } })
      // Held back by a rule of the project, it is refused where the client shows people the reason.
      const isGranted =
        decision.isAllowed ||
        decision.isHeldBack ||
        (await permitByFormerName(access, { principal, origin, action }, repository, findRenamed)) !== undefined
      if (isGranted) actions.push(action)
    }
    if (actions.length > 0) granted.push({ type: 'repository', name: repository, actions })
  }
  return granted
}
