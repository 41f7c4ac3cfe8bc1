import { readFileSync } from 'node:fs'
import { type Application, type Listener, startListener } from '../../entry/http/index.ts'
import { parseCidrs } from '../../platform/addresses/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Config } from '../config/index.ts'

export interface Listeners {
  readonly urls: readonly string[]
  drain(): Promise<void>
  abort(): Promise<void>
}

const RETIRE_AFTER_MS = 100

type Address = Config['listen'][number]

/** Starts every listener; those with TLS take a renewed certificate without dropping a connection. */
export function startListeners(application: Application, config: Config, log: Log): Listeners {
  const started = config.listen.map(address => startOne(application, config, address, log))
  return {
    urls: started.map(each => each.url),
    drain: async () => void (await Promise.all(started.map(each => each.drain()))),
    abort: async () => void (await Promise.all(started.map(each => each.abort()))),
  }
}

/** Listeners that share their port would share it with a stranger too, so it is tried alone first. */
export function takenAddress({ listen }: Pick<Config, 'listen'>): string | undefined {
  for (const { address } of listen) {
    const { hostname, port } = partsOf(address)
    try {
      Bun.listen({ hostname, port, socket: { data() {} } }).stop(true)
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      const reason = isTaken ? 'another program listens there' : error instanceof Error ? error.message : String(error)
      return `${address} cannot be listened on: ${reason}. Choose another address (listen).`
    }
  }
  return undefined
}

function partsOf(address: string): { readonly hostname: string; readonly port: number } {
  const colon = address.lastIndexOf(':')
  return { hostname: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

function startOne(application: Application, config: Config, { address, tls, serves }: Address, log: Log) {
  const { hostname, port: configured } = partsOf(address)
  const listen = (port: number, pair: Pair | undefined) =>
    startListener(
      application,
      {
        hostname,
        port,
        // The new certificate's listener opens before the old one closes.
        reusePort: config.processes > 1 || tls !== undefined,
        idleTimeoutSeconds: config.http.idleTimeoutSeconds,
        trustedProxies: parseCidrs(config.http.trustedProxies),
        publicUrl: config.http.publicUrl,
        listener: { address, serves },
        ...(pair ? { tls: pair } : {}),
      },
      log,
    )
  let pair = tls && readPair(tls)
  let current = listen(configured, pair)
  const retiring = new Set<Listener>()
  /** Not at once: a socket that closes resets the connections that wait to be accepted on it. */
  const retire = (listener: Listener) => {
    retiring.add(listener)
    setTimeout(() => listener.drain().then(() => retiring.delete(listener)), RETIRE_AFTER_MS)
  }
  const renew = () => {
    if (!tls) return
    try {
      const found = readPair(tls)
      if (found.certificate === pair?.certificate && found.key === pair.key) return
      const next = listen(current.port, found)
      retire(current)
      current = next
      pair = found
      log.info({ address }, 'the certificate was renewed')
    } catch (error) {
      log.error({ err: error, address }, 'the renewed certificate cannot be used; the old one stays')
    }
  }
  const timer = tls && setInterval(renew, Math.max(1, config.http.certificateCheckSeconds) * 1000)
  if (tls) process.on('SIGHUP', renew)
  const stop = (how: 'drain' | 'abort') => {
    clearInterval(timer)
    process.off('SIGHUP', renew)
    return Promise.all([current, ...retiring].map(listener => listener[how]()))
  }
  return {
    url: `${tls ? 'https' : 'http'}://${hostname.includes(':') ? `[${hostname}]` : hostname}:${current.port}`,
    drain: () => stop('drain'),
    abort: () => stop('abort'),
  }
}

interface Pair {
  readonly certificate: string
  readonly key: string
}

function readPair(files: Pair): Pair {
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') }
}
