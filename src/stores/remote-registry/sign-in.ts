import type { Outbound } from '../../platform/outbound/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { ArtifactAddress } from './address.ts'
import { parseChallenge } from './challenge.ts'
import { RemoteFault } from './remote-fault.ts'

export interface Credentials {
  readonly username: string
  readonly password: Secret
}

export interface SigningIn {
  readonly outbound: Pick<Outbound, 'fetch'>
  readonly address: ArtifactAddress
  readonly credentials?: Credentials | undefined
  readonly ca?: string | undefined
  readonly signal: AbortSignal
}

/**
 * The `Authorization` that a 401 asks for: Basic, or a token for pulls, by
 * https://distribution.github.io/distribution/spec/auth/token/. Credentials are shown to the registry and to the token
 * server that it names, which must be it or have TLS.
 * @throws RemoteFault when the challenge cannot be answered, or the answer is not taken.
 */
export async function signIn(signingIn: SigningIn, header: string | null): Promise<string> {
  const { address, credentials } = signingIn
  const challenge = parseChallenge(header)
  if (challenge === undefined) throw new RemoteFault(address, 'asks who calls in a way that Berth does not know')
  const basic = credentials && basicOf(credentials)
  if (challenge.scheme === 'bearer') return `Bearer ${await tokenOf(signingIn, challenge, basic)}`
  if (basic === undefined) throw new RemoteFault(address, 'wants a name and a password: give it username and password')
  return basic
}

async function tokenOf(
  { outbound, address, ca, signal }: SigningIn,
  { realm, service, scope }: { realm: string; service: string | undefined; scope: string | undefined },
  basic: string | undefined,
): Promise<string> {
  const url = URL.parse(realm)
  if (!url || (url.protocol !== 'https:' && url.origin !== address.origin))
    throw new RemoteFault(address, `sends to ${realm} for a token, which is neither its own address nor https`)
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.set('scope', scope ?? `repository:${address.repository}:pull`)
  const headers: Record<string, string> = basic === undefined ? {} : { Authorization: basic }
  const response = await outbound.fetch(url, { headers, ...(ca === undefined ? {} : { tls: { ca } }), signal })
  if (!response.ok) {
    await response.body?.cancel()
    const whose = basic === undefined ? 'without a name and password' : 'for this name and password'
    throw new RemoteFault(address, `gives no token ${whose}: ${url.host} answered ${response.status}`)
  }
  const answer = (await response.json().catch(() => undefined)) as
    | { token?: unknown; access_token?: unknown }
    | undefined
  const token = answer?.token ?? answer?.access_token
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new RemoteFault(address, `gives no token: ${url.host} answered something else`)
  return token
}

function basicOf({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`
}
