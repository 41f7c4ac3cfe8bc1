import { type Access, operationOf } from '../../features/access/index.ts'
import {
  listenerVerdict,
  type NetworkRules,
  type NetworkVerdict,
  networkVerdict,
  parseNetworkRules,
} from '../../features/network/index.ts'
import type { ProjectFacts } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'

type Refusal = Extract<Access, { mode: 'closed' }>['networkRefusal']

/** By the listener that a request came by, the registry's rules and the project's. */
export function networkRefusals({ network }: Config): Refusal {
  const registry = parseNetworkRules('the registry', network)
  const hasRules = Object.values(network).some(({ allow, deny }) => allow.length + deny.length > 0)
  return (origin, action, project) => {
    const operation = operationOf(action)
    if (operation === undefined) return undefined
    const byListener = origin.listener ? listenerVerdict(origin.listener, operation) : undefined
    if (byListener && !byListener.allowed) return reasonOf(byListener)
    if (!hasRules && !project?.network) return undefined
    const rules = project?.network ? [registry, rulesOf(project)] : [registry]
    return reasonOf(networkVerdict({ address: origin.address, operation, rules }))
  }
}

/** A project's facts are the same object for as long as nothing changed. */
const parsed = new WeakMap<ProjectFacts, NetworkRules>()

function rulesOf(project: ProjectFacts): NetworkRules {
  const known = parsed.get(project)
  if (known) return known
  const rules = parseNetworkRules(`project ${project.name}`, JSON.parse(project.network ?? '{}'))
  parsed.set(project, rules)
  return rules
}

/** Without the full stop: it becomes part of a sentence. */
function reasonOf(verdict: NetworkVerdict): string | undefined {
  return verdict.allowed ? undefined : verdict.reason.replace(/\.$/, '')
}
