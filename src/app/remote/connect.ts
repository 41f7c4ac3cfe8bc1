import { basic, type Client, createClient } from '../../entry/remote/index.ts'
import { createOutbound, type Outbound } from '../../platform/outbound/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import { CommandError } from '../command-error.ts'
import { credentialsFile, readLogins } from './credentials-file.ts'

/** How to reach a server in somebody's name. @param authorization undefined: in nobody's. */
export function clientFor(url: string, authorization: Secret | undefined): Client {
  return createClient({ url, authorization, outbound: outboundTo(url) })
}

/** Whoever runs the command named this server, so it may be anywhere. */
export function outboundTo(url: string): Outbound {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return createOutbound({ allowedPrivate: [host] })
}

/**
 * The server of BERTH_URL, or the one that `berth login` was at last; as BERTH_TOKEN, as BERTH_USERNAME with
 * BERTH_PASSWORD, or as `berth login` left it. @throws CommandError.
 */
export function connect(environment: NodeJS.ProcessEnv): Client {
  const logins = readLogins(credentialsFile(environment))
  const { BERTH_URL, BERTH_TOKEN, BERTH_USERNAME, BERTH_PASSWORD } = environment
  const url = BERTH_URL ? serverUrl(BERTH_URL) : logins.current
  if (url === undefined)
    throw new CommandError('No server is named: run berth login URL, or set BERTH_URL to its address.')
  if (BERTH_TOKEN) return clientFor(url, new Secret(`Bearer ${BERTH_TOKEN}`))
  if (BERTH_USERNAME && BERTH_PASSWORD) return clientFor(url, basic(BERTH_USERNAME, new Secret(BERTH_PASSWORD)))
  const login = logins.servers[url]
  return clientFor(url, login && basic(login.name, new Secret(login.token)))
}

/** An address without a path; https unless it says otherwise, or is of this machine. @throws CommandError. */
export function serverUrl(text: string): string {
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(text)
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `${isLocal ? 'http' : 'https'}://${text}`)
  if (url && url.username === '' && url.search === '' && url.pathname === '/') return url.origin
  throw new CommandError(`"${text}" is no address of a server: give one such as https://registry.example.com.`)
}
