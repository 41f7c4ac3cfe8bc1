import { parseReference, parseRepositoryName, type Reference, type RepositoryName } from '../../oci/index.ts'

/** An artifact in a registry that is not this one. */
export interface ArtifactAddress {
  /** `https://registry.example`, without a path. */
  readonly origin: string
  readonly repository: RepositoryName
  readonly reference: Reference
}

const ADDRESS = /^oci(\+http)?:\/\/([^/@?#]+)\/([^:@?#]+)(?::([^:@/?#]+)|@([^@/?#]+))$/

/**
 * `oci://registry.example/name:tag` or `…@sha256:…`; `oci+http://` where the registry has no TLS.
 * @throws Error when it is none; RegistryError for what is no name, tag or digest.
 */
export function parseArtifactAddress(text: string): ArtifactAddress {
  const [, plain, host = '', name = '', tag, digest = ''] = ADDRESS.exec(text) ?? []
  const url = host === '' ? undefined : URL.parse(`${plain ? 'http' : 'https'}://${host}/`)
  if (!url) throw new Error(`${text} is no address of an artifact, such as oci://registry.example/name:tag`)
  return { origin: url.origin, repository: parseRepositoryName(name), reference: parseReference(tag ?? digest) }
}
