import { type Descriptor, digestOf, mediaTypes } from './images/oci-layout.ts'

export const dockerTypes = {
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const

const accepted = [mediaTypes.index, mediaTypes.manifest, dockerTypes.list, dockerTypes.manifest].join(', ')

export interface ManifestContent {
  mediaType?: string
  artifactType?: string
  config?: Descriptor
  layers?: Descriptor[]
  manifests?: Descriptor[]
  subject?: Descriptor
  annotations?: Record<string, string>
}

export interface StoredManifest {
  digest: string
  mediaType: string
  content: ManifestContent
}

export interface Referrer extends Descriptor {
  artifactType?: string
}

/** Reads a registry the plain way, and checks every byte that it gives against the digest that names it. */
export interface RegistryReader {
  manifest(repository: string, reference: string): Promise<StoredManifest>
  blob(repository: string, digest: string): Promise<Uint8Array>
  /** Fetches an image whole; answers the digests of all its parts, its own manifest first. */
  parts(repository: string, reference: string): Promise<string[]>
  /** The digests of an image's configurations, one a platform. */
  configs(repository: string, reference: string): Promise<string[]>
  tags(repository: string): Promise<string[]>
  referrers(repository: string, digest: string): Promise<Referrer[]>
  /** The HTTP status for a manifest. */
  status(repository: string, reference: string): Promise<number>
}

function digestLike(bytes: Uint8Array, example: string): string {
  return digestOf(bytes, example.startsWith('sha512:') ? 'sha512' : 'sha256')
}

export function registryReader(url: string): RegistryReader {
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> => {
    const response = await fetch(`${url}/v2/${path}`, { headers })
    if (!response.ok) throw new Error(`GET /v2/${path} answered ${response.status}: ${await response.text()}`)
    return response
  }

  const blob = async (repository: string, digest: string): Promise<Uint8Array> => {
    const bytes = await (await get(`${repository}/blobs/${digest}`)).bytes()
    const found = digestLike(bytes, digest)
    if (found !== digest) throw new Error(`${digest} came back with the digest ${found}`)
    return bytes
  }

  const manifest = async (repository: string, reference: string): Promise<StoredManifest> => {
    const response = await get(`${repository}/manifests/${reference}`, { accept: accepted })
    const bytes = await response.bytes()
    const named = response.headers.get('docker-content-digest') ?? 'nothing'
    const digest = digestLike(bytes, named)
    if (named !== digest) throw new Error(`Docker-Content-Digest is ${named} for a manifest of digest ${digest}`)
    if (reference.includes(':') && reference !== digest) throw new Error(`${reference} came back as ${digest}`)
    const content: ManifestContent = JSON.parse(new TextDecoder().decode(bytes))
    return { digest, mediaType: response.headers.get('content-type') ?? '', content }
  }

  const parts = async (repository: string, reference: string): Promise<string[]> => {
    const { digest, content } = await manifest(repository, reference)
    const found = [digest]
    for (const child of content.manifests ?? []) found.push(...(await parts(repository, child.digest)))
    for (const part of [...(content.config ? [content.config] : []), ...(content.layers ?? [])]) {
      const bytes = await blob(repository, part.digest)
      if (bytes.byteLength !== part.size) throw new Error(`${part.digest} has ${bytes.byteLength} bytes`)
      found.push(part.digest)
    }
    return found
  }

  const configs = async (repository: string, reference: string): Promise<string[]> => {
    const { content } = await manifest(repository, reference)
    const found = content.config ? [content.config.digest] : []
    for (const child of content.manifests ?? []) found.push(...(await configs(repository, child.digest)))
    return found
  }

  return {
    manifest,
    blob,
    parts,
    configs,
    tags: async repository => {
      const body = await (await get(`${repository}/tags/list`)).json()
      return (body as { tags: string[] }).tags
    },
    referrers: async (repository, digest) => {
      const body = await (await get(`${repository}/referrers/${digest}`)).json()
      return (body as { manifests: Referrer[] }).manifests
    },
    status: async (repository, reference) =>
      (await fetch(`${url}/v2/${repository}/manifests/${reference}`, { headers: { accept: accepted } })).status,
  }
}
