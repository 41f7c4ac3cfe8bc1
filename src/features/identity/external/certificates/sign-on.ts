import type { X509Certificate } from 'node:crypto'
import { type ExternalIdentity, SignOnRefused } from '../external-identity.ts'
import { type CertificateSource, certificateIdentity } from './certificate-identity.ts'
import { namesOf } from './certificate-names.ts'
import { type ForwardedForm, readForwardedCertificate } from './forwarded.ts'
import { chainProblem } from './verify-chain.ts'

/** Who may show certificates, and how they come. */
export interface CertificateSettings {
  readonly source: CertificateSource
  readonly form: ForwardedForm
  readonly authorities: readonly X509Certificate[]
}

export interface CertificateRequest {
  readonly headers: Headers
  /** The connection itself comes from a proxy that is trusted; not what a header says of it. */
  readonly fromTrustedProxy: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Who shows the certificate that a trusted proxy forwards; undefined when there is none, or nobody is trusted to say so.
 * @throws SignOnRefused for one that is not believed, or that no rule speaks of.
 */
export function certificateSignOn(
  { headers, fromTrustedProxy, now }: CertificateRequest,
  { source, form, authorities }: CertificateSettings,
): ExternalIdentity | undefined {
  if (!fromTrustedProxy) return undefined
  const forwarded = readForwardedCertificate(headers, form)
  if (!forwarded) return undefined
  const problem = chainProblem(forwarded.leaf, { authorities, intermediates: forwarded.intermediates, now })
  if (problem !== undefined) throw new SignOnRefused(`The client’s certificate is not believed: ${problem}.`)
  const names = namesOf(forwarded.leaf)
  const identity = names && certificateIdentity(names, source)
  if (!identity) throw new SignOnRefused('No rule says for certain who the client’s certificate is for.')
  return identity
}
