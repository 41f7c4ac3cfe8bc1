import type { ExternalIdentity } from '../external-identity.ts'
import { plainText } from '../plain-text.ts'
import { matchesGlob } from '../workload/glob.ts'
import type { CertificateNames } from './certificate-names.ts'

/** Which name of a certificate says who somebody is. */
export interface CertificateRule {
  readonly from: 'uri' | 'dns' | 'email' | 'commonName'
  /** As of trust rules: `*` does not go over "/", `**` does. */
  readonly pattern: string
  /** Given to everybody whom the rule lets in; besides the units of the subject, when they count. */
  readonly groups: readonly string[]
}

export interface CertificateSource {
  readonly name: string
  /** In order; the first that speaks of the certificate counts. */
  readonly rules: readonly CertificateRule[]
  /** The organizational units of the subject are groups. */
  readonly unitsAreGroups: boolean
}

/** Who shows a certificate that is believed already; undefined when no rule says so, or one says two things at once. */
export function certificateIdentity(
  names: CertificateNames,
  { name: source, rules, unitsAreGroups }: CertificateSource,
): ExternalIdentity | undefined {
  for (const { from, pattern, groups } of rules) {
    const matching = [
      ...new Set(names[from].filter(value => plainText(value) !== undefined && matchesGlob(pattern, value))),
    ]
    if (matching.length > 1) return undefined
    const [name] = matching
    if (name === undefined) continue
    const units = unitsAreGroups ? names.organizationalUnit.filter(unit => plainText(unit) !== undefined) : []
    return {
      source,
      subject: `${from}:${name}`,
      name,
      ...(from === 'email' ? { email: name } : {}),
      groups: [...new Set([...groups, ...units])].sort(),
    }
  }
  return undefined
}
