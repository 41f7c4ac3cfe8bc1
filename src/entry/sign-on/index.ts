import type { SignInObserver } from '../../features/identity/index.ts'
import type { Quota } from '../../features/limits/index.ts'
import {
  beginDevice,
  beginSignOn,
  finishSignOn,
  type GivenToken,
  giveCode,
  pollDevice,
  redeemCode,
  type SignOns,
} from '../../features/sign-on/index.ts'
import { RegistryError } from '../../oci/index.ts'
import { customerOf } from '../../platform/addresses/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import type { Exchange } from '../exchange/index.ts'
import { addressOf, commandLineOf } from './command-line.ts'
import { clearCookie, keyFrom, setCookie } from './cookie.ts'
import { codeRequest, pollRequest, readBody } from './messages.ts'
import { errorPage, goTo, inBrowser, page } from './page.ts'

export { deviceAnswer, pendingAnswer, sourcesAnswer, tokenAnswer } from './messages.ts'

export interface SignOnOptions {
  readonly signOns: SignOns
  /** By address: each request may have a provider asked, or something kept. */
  readonly requests: Quota
  readonly observe: (exchange: Exchange) => SignInObserver
}

export const SIGN_ON_PATH = '/sign-on'
const NOT_KEPT = { 'Cache-Control': 'no-store' }

export function isSignOnPath(path: string): boolean {
  return path === SIGN_ON_PATH || path.startsWith(`${SIGN_ON_PATH}/`)
}

type Answer = (exchange: Exchange, options: SignOnOptions) => Promise<Response>

/**
 * Where people sign on with a provider:
 *
 *   GET  /sign-on                     the providers
 *   GET  /sign-on/{source}            to the provider; from the command line with cli_port and cli_challenge
 *   GET  /sign-on/{source}/callback   back from it: to a page, or to the command line with a code
 *   POST /sign-on/token               the code for a personal token
 *   POST /sign-on/{source}/device     a code to type elsewhere
 *   POST /sign-on/device/poll         a personal token, once it was typed
 */
export async function answerSignOn(exchange: Exchange, options: SignOnOptions): Promise<Response> {
  const { path, method } = exchange
  if (path === SIGN_ON_PATH) {
    if (method !== 'GET' && method !== 'HEAD') throw notAllowed('GET, HEAD')
    return list(options)
  }
  const [first, second, ...more] = path.slice(SIGN_ON_PATH.length + 1).split('/')
  if (first === undefined || more.length > 0) throw unknownPath()
  if (method === 'POST') {
    const found = postOf(first, second)
    // Devices ask again and again, and each is limited by itself.
    if (found !== poll) spend(exchange, options)
    return found(exchange, options)
  }
  if (second !== undefined && second !== 'callback') {
    if (second === 'device' || second === 'poll') throw notAllowed('POST')
    throw unknownPath()
  }
  if (method !== 'GET') throw notAllowed('GET')
  return inBrowser(async () => {
    spend(exchange, options)
    return second === undefined ? begin(exchange, options, first) : comeBack(exchange, options, first)
  })
}

function postOf(first: string, second: string | undefined): Answer {
  if (first === 'token' && second === undefined) return exchangeCode
  if (first === 'device' && second === 'poll') return poll
  if (second === 'device') return (exchange, options) => startDevice(exchange, options, first)
  if (second === undefined || second === 'callback') throw notAllowed('GET')
  throw unknownPath()
}

function list({ signOns }: SignOnOptions): Response {
  return Response.json({ sources: signOns.places.map(({ title, source: { name } }) => ({ name, title })) })
}

async function begin({ query, connection }: Exchange, { signOns }: SignOnOptions, source: string): Promise<Response> {
  const commandLine = commandLineOf(query)
  const publicUrl = connection.publicUrl()
  const redirectUri = `${publicUrl}${SIGN_ON_PATH}/${source}/callback`
  const { url, key } = await beginSignOn(signOns, source, { redirectUri, commandLine })
  const response = goTo(url)
  response.headers.append('Set-Cookie', setCookie(key, publicUrl))
  return response
}

async function comeBack(exchange: Exchange, options: SignOnOptions, source: string): Promise<Response> {
  const response = await inBrowser(() => cameBack(exchange, options, source))
  response.headers.append('Set-Cookie', clearCookie(exchange.connection.publicUrl()))
  return response
}

async function cameBack(exchange: Exchange, options: SignOnOptions, source: string): Promise<Response> {
  const { signOns } = options
  const result = await finishSignOn(signOns, source, {
    ...attemptOf(exchange, options),
    key: keyFrom(exchange.request),
    callbackUrl: exchange.request.url,
  })
  const { commandLine } = result
  if (result.outcome === 'refused') {
    if (!commandLine) return errorPage(result.error)
    return goTo(addressOf(commandLine, { error: 'access_denied', error_description: result.error.message }))
  }
  const { principal } = result
  if (commandLine) return goTo(addressOf(commandLine, { code: await giveCode(signOns, principal, commandLine) }))
  return page({ title: 'You are signed in', lines: [`You are ${principal.name} here.`, 'You may close this window.'] })
}

async function exchangeCode(exchange: Exchange, options: SignOnOptions): Promise<Response> {
  const { code, verifier, ...wish } = await readBody(exchange.request, codeRequest)
  const proof = { code, verifier: new Secret(verifier), wish }
  return tokenGiven(await redeemCode(options.signOns, proof, attemptOf(exchange, options)))
}

async function startDevice(exchange: Exchange, options: SignOnOptions, source: string): Promise<Response> {
  const { invitation, key } = await beginDevice(options.signOns, source, attemptOf(exchange, options))
  return Response.json({ deviceKey: key, ...invitation }, { headers: NOT_KEPT })
}

async function poll(exchange: Exchange, options: SignOnOptions): Promise<Response> {
  const { deviceKey, ...wish } = await readBody(exchange.request, pollRequest)
  const answer = await pollDevice(options.signOns, { key: deviceKey, wish }, attemptOf(exchange, options))
  if (answer.outcome === 'signed on') return tokenGiven(answer.token)
  return Response.json({ pending: true, slower: answer.slower }, { status: 202, headers: NOT_KEPT })
}

function tokenGiven({ id, secret, name, expiresAt }: GivenToken): Response {
  const body = { id, token: secret.reveal(), account: name, expiresAt: new Date(expiresAt).toISOString() }
  return Response.json(body, { status: 201, headers: NOT_KEPT })
}

function attemptOf(exchange: Exchange, { observe }: SignOnOptions) {
  return { origin: exchange.origin, observe: observe(exchange) }
}

function spend({ origin }: Exchange, { requests }: SignOnOptions): void {
  const seconds = requests.spend(customerOf(origin.address) ?? 'unknown')
  if (seconds === undefined) return
  throw new RegistryError('TOOMANYREQUESTS', `Too many sign-ons from this address. Try again in ${seconds} seconds.`, {
    headers: { 'Retry-After': String(seconds) },
  })
}

function unknownPath(): RegistryError {
  return new RegistryError('NOT_FOUND', 'There is no such path below /sign-on.')
}

function notAllowed(allowed: string): RegistryError {
  return new RegistryError('UNSUPPORTED', `Only ${allowed} is supported here.`, { headers: { Allow: allowed } })
}
