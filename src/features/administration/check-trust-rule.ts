import type { FieldFault, Permission } from '../access/index.ts'

/** Which pipelines may act in a project, and how. */
export interface TrustRuleInput {
  readonly issuer: string
  /** Exactly what the token's `aud` is. */
  readonly audience: string
  /** By claim: a pattern, or several of which one must match. All claims must. */
  readonly conditions: Readonly<Record<string, string | readonly string[]>>
  readonly permissions: readonly Permission[]
  readonly repositories: string
  readonly tags: string
  readonly lifetimeSeconds: number
}

/** Gives what keeps the rule from being accepted. */
export type TrustRuleCheck = (
  rule: TrustRuleInput & { readonly project: string; readonly name: string },
) => readonly FieldFault[]

/** A pipeline has nobody who could be asked: it works on content, and never decides who else may. */
const FOR_PIPELINES: readonly Permission[] = ['pull', 'push', 'overwrite tag', 'delete', 'scan', 'sign']
const SHORTEST_SECONDS = 60
const LONGEST_SECONDS = 3600

/** What holds for every rule, whoever its issuer is. */
export const checkTrustRule: TrustRuleCheck = ({ issuer, audience, conditions, permissions, lifetimeSeconds }) => {
  const faults: FieldFault[] = []
  const expect = (isRight: boolean, field: string, message: string) => {
    if (!isRight) faults.push({ field, message })
  }
  expect(isIssuer(issuer), 'issuer', 'expected an https:// URL, as the token has it in iss')
  expect(!/[*\s]/.test(audience) && audience !== '', 'audience', 'expected one text, without stars')
  const patterns = Object.entries(conditions)
  expect(patterns.length > 0, 'conditions', 'there are none, so everybody at the issuer would be trusted')
  for (const [claim, pattern] of patterns) {
    const all = typeof pattern === 'string' ? [pattern] : pattern
    const field = `conditions.${claim}`
    expect(all.length > 0 && all.every(each => each !== ''), field, 'expected a pattern')
    expect(!all.some(each => /^\*+$/.test(each)), field, 'this matches everybody')
  }
  expect(permissions.length > 0, 'permissions', 'there are none')
  const wrong = permissions.filter(each => !FOR_PIPELINES.includes(each))
  expect(wrong.length === 0, 'permissions', `${wrong.join(', ')}: a pipeline gets ${FOR_PIPELINES.join(', ')}`)
  const isShort = lifetimeSeconds >= SHORTEST_SECONDS && lifetimeSeconds <= LONGEST_SECONDS
  expect(isShort, 'lifetimeSeconds', `expected ${SHORTEST_SECONDS} to ${LONGEST_SECONDS}`)
  return faults
}

function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  if (url.username !== '' || url.search !== '' || url.hash !== '') return false
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)
}
