import { X509Certificate } from 'node:crypto'

/** id-kp-clientAuth (RFC 5280 section 4.2.1.12). */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'

export interface ChainOptions {
  /** Who may vouch for clients. */
  readonly authorities: readonly X509Certificate[]
  readonly intermediates: readonly X509Certificate[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Why the certificate is not believed; undefined when it is. Checks signatures, names, times, that authorities are such
 * and that the certificate is for clients; not revocation, and not name constraints: the authority should be one that
 * vouches for clients of this registry only.
 */
export function chainProblem(leaf: X509Certificate, options: ChainOptions): string | undefined {
  const uses = leaf.keyUsage as readonly string[] | undefined
  if (!uses?.includes(CLIENT_AUTHENTICATION)) return 'it is not for the authentication of clients'
  if (leaf.ca) return 'it is an authority’s own'
  return pathProblem(leaf, options, new Set())
}

function pathProblem(
  certificate: X509Certificate,
  options: ChainOptions,
  /** Fingerprints; each certificate is looked at once, however often it was sent. */
  seen: Set<string>,
): string | undefined {
  const { authorities, intermediates, now } = options
  if (!isTimely(certificate, now)) return 'it, or one that vouches for it, is not valid now'
  const vouches = (issuer: X509Certificate) =>
    issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  const anchors = authorities.filter(vouches)
  if (anchors.some(anchor => isTimely(anchor, now))) return undefined
  if (anchors.length > 0) return 'the authority that vouches for it is not valid now'
  seen.add(certificate.fingerprint256)
  const problems: string[] = []
  for (const next of intermediates) {
    if (seen.has(next.fingerprint256) || !vouches(next)) continue
    const problem = pathProblem(next, options, seen)
    if (problem === undefined) return undefined
    problems.push(problem)
  }
  return problems[0] ?? 'no authority that is trusted here vouches for it'
}

function isTimely({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo)
}

/** Every certificate of a PEM file. @throws Error when it has none, or one that cannot be read. */
export function readAuthorities(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new Error('There is no certificate in the file of authorities.')
  return blocks.map(block => new X509Certificate(block))
}
