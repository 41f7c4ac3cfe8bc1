import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { Client } from 'ldapts'
import { Unavailable } from '../../../platform/outcome/index.ts'
import type { LdapSettings } from './settings.ts'

/** What opens connections out of Berth. */
export interface Connector {
  connect(to: {
    host: string
    port: number
    tls?: { ca?: string; serverName?: string }
    timeoutMs?: number
  }): Promise<Socket>
}

type Place = Pick<LdapSettings, 'url' | 'startTls' | 'ca' | 'timeoutMs'>

/** A connection to the directory on which nothing was said yet but, perhaps, that TLS is wanted. */
export async function openClient(connector: Connector, { url, startTls, ca, timeoutMs }: Place): Promise<Client> {
  const { protocol, hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'ldaps:'
  const trust = { ...(ca === undefined ? {} : { ca }), ...(isIP(host) ? {} : { serverName: host }) }
  const socket = await connector.connect({
    host,
    port: Number(port || (secure ? 636 : 389)),
    timeoutMs,
    ...(secure ? { tls: trust } : {}),
  })
  if (secure || !startTls) return clientOn(socket, timeoutMs)
  try {
    return clientOn(await upgrade(socket, { host, timeoutMs, ...(ca === undefined ? {} : { ca }) }), timeoutMs)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Over a socket that is open already: the URL says nothing. */
function clientOn(socket: Socket, timeoutMs: number, secure?: typeof connectTls): Client {
  return new Client({
    url: 'ldap://open.invalid',
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    createConnection: (() => socket) as never,
    ...(secure ? { createSecureConnection: secure } : {}),
  })
}

/**
 * The client that asked for TLS is left behind: what somebody in between slipped in before TLS began may still lie in
 * its buffer, and would be taken for an answer to what is asked afterwards.
 */
async function upgrade(
  socket: Socket,
  { host, ca, timeoutMs }: { host: string; ca?: string; timeoutMs: number },
): Promise<TLSSocket> {
  let secured: TLSSocket | undefined
  const capture = ((options: ConnectionOptions) => {
    secured = connectTls(options)
    return secured
  }) as typeof connectTls
  const asking = clientOn(socket, timeoutMs, capture)
  const servername = isIP(host) ? {} : { servername: host }
  const timer = setTimeout(() => socket.destroy(new Error(`no TLS within ${timeoutMs} ms`)), timeoutMs)
  try {
    await asking.startTLS({ host, ...servername, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) })
  } finally {
    clearTimeout(timer)
  }
  if (!secured?.authorized) throw new Unavailable(`The certificate of the directory at ${host} was not verified.`)
  secured.removeAllListeners('data')
  return secured
}
