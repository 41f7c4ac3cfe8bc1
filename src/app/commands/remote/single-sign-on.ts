import { createHash, randomBytes } from 'node:crypto'
import {
  createSignOnClient,
  type MadeToken,
  printable,
  RemoteFault,
  type SignOnClient,
  type TokenWish,
} from '../../../entry/remote/index.ts'
import { Secret } from '../../../platform/secrets/index.ts'
import { CommandError } from '../../command-error.ts'
import { outboundTo } from '../../remote/connect.ts'
import { openBrowser } from '../../remote/open-browser.ts'
import { waitForBrowser } from '../../remote/wait-for-browser.ts'

/** As long as a server keeps a sign-on. */
const PATIENCE_MS = 600_000
/** RFC 8628, section 3.5. */
const SLOWER_SECONDS = 5

interface SignOnFlags {
  readonly device?: boolean
  readonly browser: boolean
}

/**
 * Signs in with a provider of the server. What to do is said on standard error.
 * @param source true: the only one that there is. @throws CommandError, RemoteFault.
 */
export async function singleSignOn(
  url: string,
  source: string | true,
  wish: TokenWish,
  { device, browser }: SignOnFlags,
): Promise<MadeToken> {
  const client = createSignOnClient({ url, outbound: outboundTo(url) })
  const chosen = choose(url, await sourcesOf(url, client), source)
  return device ? onDevice(client, chosen, wish) : inBrowser(url, client, { source: chosen, wish, browser })
}

async function sourcesOf(url: string, client: SignOnClient): Promise<readonly string[]> {
  try {
    return (await client.sources()).map(({ name }) => name)
  } catch (error) {
    if (error instanceof RemoteFault && error.status === 404)
      throw new CommandError(`${url} has no single sign-on.`, { cause: error })
    throw error
  }
}

function choose(url: string, sources: readonly string[], wanted: string | true): string {
  const [only] = sources
  if (only === undefined) throw new CommandError(`${url} has no single sign-on.`)
  const list = sources.map(printable).join(', ')
  if (wanted === true) {
    if (sources.length === 1) return only
    throw new CommandError(`Say which with --sso SOURCE: ${url} has ${list}.`)
  }
  if (sources.includes(wanted)) return wanted
  throw new CommandError(`--sso: ${url} has ${list}, and no "${printable(wanted)}". (Its address goes before --sso.)`)
}

async function inBrowser(
  url: string,
  client: SignOnClient,
  { source, wish, browser }: { source: string; wish: TokenWish; browser: boolean },
): Promise<MadeToken> {
  const verifier = new Secret(randomBytes(32).toString('base64url'))
  const challenge = createHash('sha256').update(verifier.reveal()).digest('base64url')
  using waiting = waitForBrowser(challenge)
  const query = new URLSearchParams({ cli_port: String(waiting.port), cli_challenge: challenge })
  const address = `${url}/sign-on/${source}?${query}`
  const isOpened = browser && openBrowser(address, { environment: process.env, platform: process.platform })
  tell(`${isOpened ? 'A browser was asked to open' : 'Open in a browser of this machine'}:\n  ${address}`)
  const timer = Promise.withResolvers<undefined>()
  const timeout = setTimeout(() => timer.resolve(undefined), PATIENCE_MS)
  const answer = await Promise.race([waiting.answer, timer.promise])
  clearTimeout(timeout)
  if (!answer) throw new CommandError('Nobody signed on in time.')
  if (answer.code === undefined) throw new CommandError(`${url}: ${printable(answer.error ?? '')}`)
  return client.redeem(answer.code, verifier, wish)
}

async function onDevice(client: SignOnClient, source: string, wish: TokenWish): Promise<MadeToken> {
  const invitation = await client.beginDevice(source)
  const { deviceKey, userCode, verificationUri, verificationUriComplete, expiresInSeconds } = invitation
  const complete = verificationUriComplete === undefined ? '' : `\nor ${printable(verificationUriComplete)}`
  tell(`Open ${printable(verificationUri)} in any browser, and type ${printable(userCode)}${complete}`)
  const deadline = Date.now() + expiresInSeconds * 1000
  let { intervalSeconds } = invitation
  while (Date.now() < deadline) {
    await Bun.sleep(intervalSeconds * 1000)
    const answer = await client.poll(deviceKey, wish).catch(slowerIfBusy)
    if ('token' in answer) return answer
    if (answer.slower) intervalSeconds += SLOWER_SECONDS
  }
  throw new CommandError('Nobody confirmed the code in time.')
}

/** What may be otherwise the next time is asked again, and less often. */
function slowerIfBusy(error: unknown): { readonly slower: true } {
  if (error instanceof RemoteFault && (error.status === 429 || error.status === 503)) return { slower: true }
  throw error
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
