/** What a registry asks for, of RFC 9110 section 11.6.1: the first challenge that Berth can answer. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer'
      /** Where tokens are to be had. */
      readonly realm: string
      readonly service: string | undefined
      readonly scope: string | undefined
    }

const PARAMETER = /([A-Za-z_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g

/** Of a `WWW-Authenticate` header. */
export function parseChallenge(header: string | null): Challenge | undefined {
  if (header === null) return undefined
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/is.exec(header)?.[1]
  if (bearer !== undefined) {
    const parameters = new Map<string, string>()
    for (const [, name = '', quoted, bare = ''] of bearer.matchAll(PARAMETER)) {
      const key = name.toLowerCase()
      if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare)
    }
    const realm = parameters.get('realm')
    if (realm !== undefined)
      return { scheme: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') }
  }
  return /(?:^|,)\s*basic(?:\s|,|$)/i.test(header) ? { scheme: 'basic' } : undefined
}
