import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetchOptions,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client'
import type { Clock } from '../../../../platform/clock/index.ts'
import { Unavailable } from '../../../../platform/outcome/index.ts'
import { ANSWER_BYTES, ANSWER_TIMEOUT_MS, type Requests } from '../requests.ts'
import type { OidcSettings } from './settings.ts'

/** How long what the provider says of itself is believed. */
const BELIEVED_MS = 3_600_000

/** What the provider says of itself, asked for when it is needed and again when it is old. */
export function providerOf(settings: OidcSettings, requests: Requests, clock: Clock): () => Promise<Configuration> {
  let known: { readonly configuration: Promise<Configuration>; readonly at: number } | undefined
  return () => {
    if (known && clock() - known.at < BELIEVED_MS) return known.configuration
    const asked = { configuration: discover(settings, requests), at: clock() }
    known = asked
    asked.configuration.catch(() => {
      if (known === asked) known = undefined
    })
    return asked.configuration
  }
}

function discover(settings: OidcSettings, requests: Requests): Promise<Configuration> {
  const { issuer, clientId, clientSecret, clientAuthentication, ca } = settings
  const byPost = clientAuthentication === 'post'
  const secret = clientSecret?.reveal()
  const authentication = secret === undefined ? None() : byPost ? ClientSecretPost(secret) : ClientSecretBasic(secret)
  const insecure = new URL(issuer).protocol === 'http:' ? [allowInsecureRequests] : []
  return discovery(new URL(issuer), clientId, undefined, authentication, {
    [customFetch]: fetchBy(requests, ca),
    // The signature of an ID token is checked although it comes from the provider over TLS.
    execute: [...insecure, enableNonRepudiationChecks],
    timeout: ANSWER_TIMEOUT_MS / 1000,
  })
}

function fetchBy(requests: Requests, ca: string | undefined) {
  return async (url: string, { method, headers, body }: CustomFetchOptions): Promise<Response> => {
    let response: Response
    try {
      const answer = await requests.fetch(url, {
        method,
        headers,
        timeoutMs: ANSWER_TIMEOUT_MS,
        maxBytes: ANSWER_BYTES,
        redirects: 0,
        ...(body === undefined || body === null ? {} : { body: String(body) }),
        ...(ca === undefined ? {} : { tls: { ca } }),
      })
      // Read here, so that a connection that breaks meanwhile is not taken for an answer that makes no sense.
      const text = await answer.text()
      response = new Response(text === '' ? null : text, { status: answer.status, headers: answer.headers })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Unavailable(`${new URL(url).origin} cannot be asked: ${reason}`, { cause: error })
    }
    if (response.status >= 500) throw new Unavailable(`${new URL(url).origin} answered ${response.status}.`)
    return response
  }
}
