import { parseCidr } from '../../platform/addresses/index.ts'
import { type FieldFault, invalid } from '../access/index.ts'

/** Addresses and ranges; absent: no rule. */
export interface NetworkRule {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

/** What a project says of where requests come from. */
export interface NetworkRules {
  readonly pull?: NetworkRule | undefined
  readonly push?: NetworkRule | undefined
  readonly administration?: NetworkRule | undefined
}

/** @throws INVALID naming each entry that is neither an address nor a range. */
export function requireNetworkRules(rules: NetworkRules): void {
  const faults: FieldFault[] = []
  for (const part of ['pull', 'push', 'administration'] as const) {
    for (const list of ['allow', 'deny'] as const) {
      for (const [index, entry] of (rules[part]?.[list] ?? []).entries()) {
        const message = faultOf(entry)
        if (message !== undefined) faults.push({ field: `network.${part}.${list}.${index}`, message })
      }
    }
  }
  if (faults.length > 0) throw invalid(...faults)
}

function faultOf(entry: string): string | undefined {
  try {
    parseCidr(entry)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
