import { type Access, type FindRenamed, grantScopes } from '../../features/access/index.ts'
import {
  type Authentication,
  type IssuedToken,
  issueRefreshToken,
  type Principal,
  type RefreshTokens,
  redeemRefreshToken,
  type SignInObserver,
  type Signing,
  signIn,
  signInPipeline,
  type TokenAccess,
} from '../../features/identity/index.ts'
import { RegistryError } from '../../oci/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import type { Exchange } from '../exchange/index.ts'
import { readForm } from './form.ts'
import { OAuthError, oauthAnswer } from './oauth-error.ts'
import { parseScopes } from './scopes.ts'

export interface TokenOptions {
  readonly authentication: Authentication
  readonly refreshTokens: RefreshTokens
  readonly access: Access
  /** Tokens are asked for by former names too. */
  readonly findRenamed: FindRenamed
  readonly signing: Pick<Signing, 'publicKeys'>
  readonly observe: (exchange: Exchange) => SignInObserver
}

const TOKEN_PATH = '/token'
const KEYS_PATH = '/.well-known/jwks.json'
export const TOKEN_PATHS: ReadonlySet<string> = new Set([TOKEN_PATH, KEYS_PATH])

const NOT_KEPT = { 'Cache-Control': 'no-store' }

/**
 * Where registry clients get their tokens: GET as Docker's token specification has it
 * (https://distribution.github.io/distribution/spec/auth/token/), POST as its OAuth2 one
 * (https://distribution.github.io/distribution/spec/auth/oauth/), and the public keys.
 */
export async function answerToken(exchange: Exchange, options: TokenOptions): Promise<Response> {
  const { method, path } = exchange
  if (path === KEYS_PATH) {
    if (method !== 'GET' && method !== 'HEAD') throw notAllowed('GET, HEAD')
    return Response.json(await options.signing.publicKeys(), { headers: { 'Cache-Control': 'max-age=300' } })
  }
  if (method === 'GET') return getToken(exchange, options)
  if (method !== 'POST') throw notAllowed('GET, POST')
  try {
    return await postToken(exchange, options)
  } catch (error) {
    return oauthAnswer(error)
  }
}

async function getToken(exchange: Exchange, options: TokenOptions): Promise<Response> {
  const { query, principal } = exchange
  if (principal.access)
    throw new RegistryError('UNAUTHORIZED', 'A token is not exchanged for another: send a name and a password (Basic).')
  const refresh =
    query.get('offline_token') === 'true'
      ? await refreshTokenFor(principal, clientOf(exchange, query), options)
      : undefined
  return issue(exchange, options, { principal, scopes: query.getAll('scope'), refresh })
}

async function postToken(exchange: Exchange, options: TokenOptions): Promise<Response> {
  const form = await readForm(exchange.request)
  const { authentication, refreshTokens } = options
  const { origin } = exchange
  const observe = options.observe(exchange)
  const scopes = form.getAll('scope')
  switch (form.get('grant_type')) {
    case 'password': {
      const password = new Secret(required(form, 'password'))
      const principal = await signIn(
        authentication,
        { name: required(form, 'username'), password },
        { origin, observe },
      )
      const refresh =
        form.get('access_type') === 'offline'
          ? await refreshTokenFor(principal, clientOf(exchange, form), options)
          : undefined
      return issue(exchange, options, { principal, scopes, refresh })
    }
    case 'refresh_token': {
      const refresh = new Secret(required(form, 'refresh_token'))
      const principal = authentication.tokens.isOwn(refresh.reveal())
        ? await signInPipeline(authentication, refresh, { observe })
        : await redeemRefreshToken(refreshTokens, refresh)
      return issue(exchange, options, { principal, scopes, refresh })
    }
    // RFC 8693, section 2.1.
    case 'urn:ietf:params:oauth:grant-type:token-exchange': {
      const type = required(form, 'subject_token_type')
      if (type !== 'urn:ietf:params:oauth:token-type:id_token' && type !== 'urn:ietf:params:oauth:token-type:jwt')
        throw new OAuthError('invalid_request', 'subject_token_type is not urn:ietf:params:oauth:token-type:id_token.')
      return exchangeToken(exchange, options, new Secret(required(form, 'subject_token')), scopes)
    }
    default:
      throw new OAuthError(
        'unsupported_grant_type',
        'grant_type is one of password, refresh_token and urn:ietf:params:oauth:grant-type:token-exchange.',
      )
  }
}

/** What the client keeps. A pipeline's identity token counts once, so that its client keeps what ends with the job. */
async function refreshTokenFor(
  principal: Principal,
  client: string,
  { authentication, refreshTokens }: TokenOptions,
): Promise<Secret | undefined> {
  if (!expires(principal)) return issueRefreshToken(refreshTokens, principal, client)
  return new Secret((await authentication.tokens.issueWhole(principal)).token)
}

function expires(principal: Principal): principal is Principal & { readonly until: number } {
  return principal.until !== undefined
}

/**
 * RFC 8693: an ID token of a pipeline for a token that is valid for minutes. Without scopes it is for whatever the
 * pipeline may do, and is what registry clients are given as password.
 */
async function exchangeToken(
  exchange: Exchange,
  options: TokenOptions,
  subject: Secret,
  scopes: readonly string[],
): Promise<Response> {
  const { authentication, access, findRenamed } = options
  const principal = await signInPipeline(authentication, subject, { observe: options.observe(exchange) })
  const granted = await grantScopes(access, { principal, origin: exchange.origin }, parseScopes(scopes), findRenamed)
  const issued = await (scopes.length === 0 && expires(principal)
    ? authentication.tokens.issueWhole(principal)
    : authentication.tokens.issue(principal, granted))
  return answer(issued, granted, {
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
  })
}

async function issue(
  { origin }: Exchange,
  { authentication, access, findRenamed }: TokenOptions,
  {
    principal,
    scopes,
    refresh,
  }: { readonly principal: Principal; readonly scopes: readonly string[]; readonly refresh: Secret | undefined },
): Promise<Response> {
  const granted = await grantScopes(access, { principal, origin }, parseScopes(scopes), findRenamed)
  const issued = await authentication.tokens.issue(principal, granted)
  return answer(issued, granted, refresh ? { refresh_token: refresh.reveal() } : {})
}

function answer(
  { token, expiresInSeconds, issuedAt }: IssuedToken,
  granted: readonly TokenAccess[],
  more: Readonly<Record<string, string>>,
): Response {
  return Response.json(
    {
      token,
      access_token: token,
      expires_in: expiresInSeconds,
      issued_at: new Date(issuedAt).toISOString(),
      scope: granted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' '),
      ...more,
    },
    { headers: NOT_KEPT },
  )
}

function clientOf({ origin }: Exchange, parameters: URLSearchParams): string {
  return parameters.get('client_id') ?? origin.userAgent ?? 'unknown client'
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value) return value
  throw new OAuthError('invalid_request', `The parameter "${name}" is missing.`)
}

function notAllowed(allowed: string): RegistryError {
  return new RegistryError('UNSUPPORTED', `Only ${allowed} is supported here.`, { headers: { Allow: allowed } })
}
