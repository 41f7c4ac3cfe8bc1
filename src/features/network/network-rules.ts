import { type Cidr, cidrOf, parseAddress, parseCidrs } from '../../platform/addresses/index.ts'

/** Reading from the registry, changing it, or changing who and how. */
export type NetworkOperation = 'pull' | 'push' | 'administration'
export const NETWORK_OPERATIONS: readonly NetworkOperation[] = ['pull', 'push', 'administration']

/** Addresses that may (all, when there are none) and that may not, whatever may. */
export interface NetworkRule {
  readonly allow: readonly Cidr[]
  readonly deny: readonly Cidr[]
}

/** The rules of one level: of the whole registry, or of one project. */
export interface NetworkRules {
  /** For messages: `the registry`, `project team`. */
  readonly level: string
  readonly rules: Readonly<Record<NetworkOperation, NetworkRule>>
}

export type NetworkVerdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }

/** As they are written: ranges such as `10.0.0.0/8`, and single addresses. */
export interface WrittenRule {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

const ALLOWED: NetworkVerdict = { allowed: true }

/** @throws naming the first entry that is no range. */
export function parseNetworkRules(
  level: string,
  written: Readonly<Partial<Record<NetworkOperation, WrittenRule | undefined>>>,
): NetworkRules {
  const ruleOf = (operation: NetworkOperation): NetworkRule => ({
    allow: parseCidrs(written[operation]?.allow ?? []),
    deny: parseCidrs(written[operation]?.deny ?? []),
  })
  return {
    level,
    rules: { pull: ruleOf('pull'), push: ruleOf('push'), administration: ruleOf('administration') },
  }
}

/**
 * May a client at this address do that? Every level must allow it; at each, a range that denies wins, and a list of
 * allowed ranges that is not empty refuses all others. IPv4 inside IPv6 is IPv4. An address that cannot be read is
 * refused as soon as there is any rule. The reason names the level and the range.
 * @param input.address of the client, behind trusted proxies (entry/http `clientAddress`).
 */
export function networkVerdict(input: {
  readonly address: string
  readonly operation: NetworkOperation
  readonly rules: readonly NetworkRules[]
}): NetworkVerdict {
  const { address: text, operation, rules } = input
  const asking = rules.filter(({ rules }) => !isEmpty(rules[operation]))
  if (asking.length === 0) return ALLOWED
  const address = parseAddress(text)
  const noun = NOUNS[operation]
  if (!address) {
    return refused(
      `The address of the client is unknown, and ${asking[0]?.level} restricts from where ${noun} may come.`,
    )
  }
  for (const { level, rules } of asking) {
    const { allow, deny } = rules[operation]
    const denying = cidrOf(deny, address)
    if (denying) return refused(`${text} is in ${denying.text}, from which ${level} takes no ${noun}.`)
    if (allow.length > 0 && !cidrOf(allow, address)) {
      return refused(`${text} is in none of the networks from which ${level} takes ${noun}.`)
    }
  }
  return ALLOWED
}

const NOUNS: Readonly<Record<NetworkOperation, string>> = {
  pull: 'pulls',
  push: 'pushes',
  administration: 'administration',
}

/**
 * May this be done over that listener? One may be for pulls only, another for administration.
 * @param listener its address and what it serves; everything, when `serves` is absent.
 */
export function listenerVerdict(
  listener: { readonly address: string; readonly serves?: readonly NetworkOperation[] | undefined },
  operation: NetworkOperation,
): NetworkVerdict {
  if (!listener.serves || listener.serves.includes(operation)) return ALLOWED
  return refused(`The listener ${listener.address} serves no ${NOUNS[operation]}.`)
}

function isEmpty({ allow, deny }: NetworkRule): boolean {
  return allow.length === 0 && deny.length === 0
}

function refused(reason: string): NetworkVerdict {
  return { allowed: false, reason }
}
