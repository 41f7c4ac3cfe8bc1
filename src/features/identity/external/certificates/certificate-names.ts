import type { X509Certificate } from 'node:crypto'

/** The names that an authority vouches for in a certificate. */
export interface CertificateNames {
  readonly uri: readonly string[]
  readonly dns: readonly string[]
  readonly email: readonly string[]
  readonly commonName: readonly string[]
  readonly organizationalUnit: readonly string[]
}

const KINDS = { URI: 'uri', DNS: 'dns', email: 'email' } as const

/** Undefined when the names cannot be told apart for certain. */
export function namesOf(certificate: X509Certificate): CertificateNames | undefined {
  const alternative = parseAlternativeNames(certificate.subjectAltName ?? '')
  if (!alternative) return undefined
  const subject = certificate.toLegacyObject().subject as unknown as Record<string, unknown> | undefined
  const part = (name: string) =>
    [subject && Object.hasOwn(subject, name) ? subject[name] : []].flat().filter(value => typeof value === 'string')
  return { ...alternative, commonName: part('CN'), organizationalUnit: part('OU') }
}

type AlternativeNames = Pick<CertificateNames, 'uri' | 'dns' | 'email'>

/**
 * As Node writes subjectAltName since CVE-2021-44532: `DNS:a, URI:"…"`, a value with a comma or quotes in it as a JSON
 * string.
 */
export function parseAlternativeNames(text: string): AlternativeNames | undefined {
  const names: Record<keyof AlternativeNames, string[]> = { uri: [], dns: [], email: [] }
  const entry = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y
  while (entry.lastIndex < text.length) {
    const found = entry.exec(text)
    if (!found) return undefined
    const [, label = '', written = ''] = found
    const kind = Object.hasOwn(KINDS, label) ? KINDS[label as keyof typeof KINDS] : undefined
    if (kind) names[kind].push(written.startsWith('"') ? (JSON.parse(written) as string) : written)
  }
  return names
}
