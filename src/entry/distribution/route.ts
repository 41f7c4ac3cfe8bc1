import { RegistryError } from '../../oci/index.ts'

/** Which endpoint of the specification a path names; the names in it are not checked yet. */
export type Route =
  | { readonly kind: 'base' | 'catalog' }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'manifest' | 'blob' | 'referrers' | 'upload'; readonly name: string; readonly last: string }
  | { readonly kind: 'uploads'; readonly name: string }

export type RouteKind = Route['kind']

/**
 * Reads the path from its end, because a name has slashes and may itself have a component such as "manifests".
 * Undefined for what is no endpoint. By hand: a router's patterns cannot say this, and it is the hottest line there is
 * (docs/decisions/0003-routing.md).
 */
export function parseRoute(path: string): Route | undefined {
  if (!path.startsWith('/v2')) return undefined
  if (path === '/v2/' || path === '/v2') return { kind: 'base' }
  if (path === '/v2/_catalog') return { kind: 'catalog' }
  if (path[3] !== '/') return undefined
  if (path.endsWith('/tags/list')) return { kind: 'tags', name: decode(path.slice(4, -10)) }
  const end = path.lastIndexOf('/')
  const last = decode(path.slice(end + 1))
  const start = path.lastIndexOf('/', end - 1)
  if (start < 4) return undefined
  switch (path.slice(start + 1, end)) {
    case 'manifests':
      return { kind: 'manifest', name: decode(path.slice(4, start)), last }
    case 'referrers':
      return { kind: 'referrers', name: decode(path.slice(4, start)), last }
    case 'uploads':
      if (!path.slice(0, start).endsWith('/blobs')) return undefined
      return uploadRoute(decode(path.slice(4, start - 6)), last)
    case 'blobs': {
      const name = decode(path.slice(4, start))
      return last === 'uploads' ? { kind: 'uploads', name } : { kind: 'blob', name, last }
    }
    default:
      return undefined
  }
}

function uploadRoute(name: string, last: string): Route {
  return last === '' ? { kind: 'uploads', name } : { kind: 'upload', name, last }
}

/**
 * Some clients send the colon of a digest as %3A. A slash must be a slash: encoded, a proxy in front could have seen
 * another name than Berth does. Anything else a name may not have is refused where names are parsed.
 */
function decode(text: string): string {
  if (!text.includes('%')) return text
  if (/%2f/i.test(text)) throw new RegistryError('NAME_INVALID', 'The path has an encoded slash: send "/" as it is.')
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new RegistryError('NAME_INVALID', 'The path has a malformed percent-encoding.', { cause })
  }
}
