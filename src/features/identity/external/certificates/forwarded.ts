import { X509Certificate } from 'node:crypto'
import { SignOnRefused } from '../external-identity.ts'

/** How a proxy that ends TLS tells which certificate its client showed. */
export type ForwardedForm =
  /** `Client-Cert` and `Client-Cert-Chain` (RFC 9440). */
  | { readonly form: 'rfc9440' }
  /** PEM, escaped as in a URL: nginx's `$ssl_client_escaped_cert`. */
  | { readonly form: 'escaped-pem'; readonly header: string }

export interface ForwardedCertificate {
  readonly leaf: X509Certificate
  readonly intermediates: readonly X509Certificate[]
}

const MOST_CHARACTERS = 64 * 1024
const MOST_INTERMEDIATES = 10
/** A byte sequence (RFC 8941 section 3.3.5), without parameters, which RFC 9440 has none of. */
const BYTES = /^:([A-Za-z0-9+/]*={0,2}):$/

/**
 * The certificate in the headers of a request; undefined when there is none. Only for requests that came from a proxy
 * that is trusted to remove these headers from what others send it: anybody can write them.
 * @throws SignOnRefused for one that cannot be read.
 */
export function readForwardedCertificate(headers: Headers, form: ForwardedForm): ForwardedCertificate | undefined {
  if (form.form === 'escaped-pem') {
    const value = headers.get(form.header)
    return value === null || value === '' ? undefined : { leaf: fromPem(value), intermediates: [] }
  }
  const value = headers.get('Client-Cert')
  if (value === null) return undefined
  const chain = headers.get('Client-Cert-Chain')
  const rest = chain === null ? [] : chain.split(',').map(item => item.trim())
  if (rest.length > MOST_INTERMEDIATES) throw new SignOnRefused('The certificate’s chain is too long.')
  return { leaf: fromBytes(value.trim()), intermediates: rest.map(fromBytes) }
}

function fromBytes(item: string): X509Certificate {
  const encoded = item.length > MOST_CHARACTERS ? undefined : BYTES.exec(item)?.[1]
  if (!encoded) throw new SignOnRefused('The header of the client’s certificate is not as RFC 9440 has it.')
  return parse(Buffer.from(encoded, 'base64'))
}

function fromPem(escaped: string): X509Certificate {
  let pem = ''
  try {
    pem = escaped.length > MOST_CHARACTERS ? '' : decodeURIComponent(escaped)
  } catch (error) {
    throw new SignOnRefused('The header of the client’s certificate is not escaped.', { cause: error })
  }
  if (pem.split('-----BEGIN').length !== 2) throw new SignOnRefused('Expected one certificate in the header.')
  return parse(Buffer.from(pem))
}

function parse(bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch (error) {
    throw new SignOnRefused('The client’s certificate cannot be read.', { cause: error })
  }
}
