import { createHash } from 'node:crypto'
import { CredentialsFault, type Surroundings } from './surroundings.ts'

/** A token of Berth, which is a password for as long as it lives. */
export interface ExchangedToken {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const TIMEOUT_MS = 20_000
/** So much life must be left in a token that is given again: a push takes its time. */
const LEAST_LEFT_MS = 30_000
const DEFAULT_SECONDS = 60

/** The user name that goes with such a token; whose it is stands in the token. */
export const TOKEN_USERNAME = 'token'

/** The address of the server, from BERTH_URL. @throws CredentialsFault. */
export function serverOf({ environment }: Surroundings): URL {
  const url = environment.BERTH_URL
  if (!url)
    throw new CredentialsFault('BERTH_URL is not set: it is the address of Berth, such as https://berth.example')
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CredentialsFault('BERTH_URL: expected an address such as https://berth.example')
  }
  return new URL(url)
}

/** What ID tokens must be for: BERTH_ID_TOKEN_AUDIENCE, else the server's origin. */
export function audienceOf({ environment }: Surroundings, server: URL): string {
  return environment.BERTH_ID_TOKEN_AUDIENCE || server.origin
}

/** Exchanges an ID token at the server (RFC 8693), or gives again what it was exchanged for. @throws CredentialsFault. */
export async function exchange(surroundings: Surroundings, server: URL, idToken: string): Promise<ExchangedToken> {
  const { kept, now } = surroundings
  const key = createHash('sha256').update(`${server.origin}\0${idToken}`).digest('hex')
  const before = parseKept(await kept.find(key))
  if (before && before.expiresAt - now() >= LEAST_LEFT_MS) return before
  const exchanged = await ask(surroundings, server, idToken)
  await kept.keep(key, JSON.stringify(exchanged))
  return exchanged
}

function parseKept(content: string | undefined): ExchangedToken | undefined {
  if (content === undefined) return undefined
  const { token, expiresAt } = JSON.parse(content) as Partial<ExchangedToken>
  return typeof token === 'string' && typeof expiresAt === 'number' ? { token, expiresAt } : undefined
}

async function ask({ requests, now }: Surroundings, server: URL, idToken: string): Promise<ExchangedToken> {
  const asked = now()
  const response = await requests.fetch(new URL('token', withSlash(server)), {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: idToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: server.host,
    }).toString(),
    timeoutMs: TIMEOUT_MS,
    redirects: 0,
  })
  const answer = await readAnswer(response)
  if (!response.ok) {
    const reason = answer.error_description ?? answer.error ?? 'without a reason'
    throw new CredentialsFault(`${server.host} refused the ID token (${response.status}): ${printable(reason)}`)
  }
  if (typeof answer.access_token !== 'string') throw new CredentialsFault(`${server.host} answered without a token`)
  const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : DEFAULT_SECONDS
  return { token: answer.access_token, expiresAt: asked + seconds * 1000 }
}

function withSlash(server: URL): URL {
  return new URL(server.href.replace(/\/*$/, '/'))
}

/** RFC 6749 sections 5.1 and 5.2; empty when it is something else. */
async function readAnswer(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = await response.text()
  if (!/^\s*\{/.test(text)) return {}
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    throw new CredentialsFault('The answer to the exchange is not JSON', { cause: error })
  }
}

function printable(reason: unknown): string {
  return String(reason)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 500)
}
