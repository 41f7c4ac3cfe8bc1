import { addressIsIn, type Cidr, parseAddress, parseCidr, specialUseOf } from '../addresses/index.ts'
import { OutboundFailed, OutboundRefused, type Resolve } from './outbound.ts'

/** Decides which addresses a host may be reached at. */
export interface Guard {
  /**
   * Every address of the host, each of them allowed: one that is not refuses all, because whoever answers for the name
   * chooses which comes first. @throws OutboundRefused, OutboundFailed.
   */
  addressesOf(host: string): Promise<readonly string[]>
}

/**
 * @param allowedPrivate ranges, and names of hosts that may have private addresses (10.0.0.0/8, 127.0.0.1, fd00::/8, …).
 * What no server is named by, such as a cloud's metadata service, is allowed by a range only.
 * @throws naming the entry that is neither.
 */
export function createGuard(allowedPrivate: readonly string[], resolve: Resolve): Guard {
  const cidrs: Cidr[] = []
  const names = new Set<string>()
  for (const entry of allowedPrivate) {
    if (isName(entry)) names.add(canonical(entry))
    else cidrs.push(parseCidr(entry))
  }
  const check = (host: string, text: string) => {
    const address = parseAddress(text)
    if (!address) throw new OutboundRefused(`${host} is at ${text}, which is no IP address.`)
    const use = specialUseOf(address)
    if (!use || addressIsIn(cidrs, text)) return
    if (use.reach === 'private' && names.has(canonical(host))) return
    const where = host === text ? host : `${host} is at ${text}, and that`
    const hint = use.reach === 'private' && host !== text ? `${host} or a range` : 'a range'
    throw new OutboundRefused(
      `${where} is not an address of the public Internet (${use.kind}): Berth connects there only when outbound.allowedPrivate has ${hint} that holds it.`,
    )
  }
  return {
    async addressesOf(host) {
      if (parseAddress(host)) {
        check(host, host)
        return [host]
      }
      let found: readonly string[]
      try {
        found = await resolve(host)
      } catch (error) {
        throw new OutboundFailed(`The name ${host} cannot be resolved.`, { cause: error })
      }
      if (found.length === 0) throw new OutboundFailed(`The name ${host} has no address.`)
      for (const address of found) check(host, address)
      return found
    },
  }
}

/** The setting's entries: a name of a host, or a range. */
export function isAllowedPrivateEntry(entry: string): boolean {
  try {
    createGuard([entry], async () => [])
    return true
  } catch {
    return false
  }
}

function isName(entry: string): boolean {
  return /^(?!.*\.\.)(?=.*[a-z])[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?$/i.test(entry) && !parseAddress(entry)
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/**
 * The host as URLs know it: names in lower case and ASCII, and every way to write an address (2130706433, 0x7f.1) as
 * the address it means (https://url.spec.whatwg.org/#host-parsing). Without brackets.
 */
export function hostOf(host: string): string {
  const written = host.includes(':') ? `[${host.split('%')[0]}]` : host
  const parsed = /[/?#@\\\s]/.test(host) ? null : URL.parse(`http://${written}/`)
  if (!parsed || parsed.hostname === '') throw new OutboundRefused(`"${host}" is no name of a host and no address.`)
  return parsed.hostname.replace(/^\[|\]$/g, '')
}
