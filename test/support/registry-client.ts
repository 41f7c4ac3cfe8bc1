import { createHash } from 'node:crypto'

export const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'
/** What clients accept: without it, distribution hides manifests of OCI types. */
export const ACCEPT = [
  IMAGE,
  INDEX,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  '*/*',
].join(', ')

export interface Bytes {
  readonly digest: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface Document extends Bytes {
  readonly mediaType: string
  /** Digests of the blobs and manifests that must be in the repository. */
  readonly needs: readonly string[]
  readonly subject?: string
  readonly artifactType?: string
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function blobOf(content: string | Uint8Array): Bytes {
  const bytes = new Uint8Array(typeof content === 'string' ? new TextEncoder().encode(content) : content)
  return { digest: digestOf(bytes), bytes }
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** An image (or, with `artifactType`, an artifact) of these blobs; the first is its config. */
export function imageOf(
  blobs: readonly Bytes[],
  options: { readonly subject?: Document; readonly artifactType?: string; readonly note?: string } = {},
): Document {
  const [config, ...layers] = blobs.map((blob, index) => describe(blob, index === 0 ? CONFIG : LAYER))
  const { subject, artifactType, note } = options
  const document = {
    schemaVersion: 2,
    mediaType: IMAGE,
    ...(artifactType ? { artifactType } : {}),
    config,
    layers,
    ...(subject ? { subject: describe(subject, subject.mediaType) } : {}),
    ...(note ? { annotations: { note } } : {}),
  }
  return {
    ...blobOf(JSON.stringify(document)),
    mediaType: IMAGE,
    needs: blobs.map(blob => blob.digest),
    artifactType: artifactType ?? CONFIG,
    ...(subject ? { subject: subject.digest } : {}),
  }
}

export function indexOf(manifests: readonly Document[], note = ''): Document {
  const document = {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: manifests.map(manifest => describe(manifest, manifest.mediaType)),
    annotations: { note },
  }
  return { ...blobOf(JSON.stringify(document)), mediaType: INDEX, needs: manifests.map(manifest => manifest.digest) }
}

function describe({ digest, bytes }: Bytes, mediaType: string): Descriptor {
  return { mediaType, digest, size: bytes.length }
}

/** Requests of one registry; each gives the response, and leaves judging it to the caller. @param who headers of each. */
export function registryClient(url: string, who: Readonly<Record<string, string>> = {}) {
  const ask = (target: string | URL, init: RequestInit = {}) =>
    fetch(target, { ...init, headers: { ...who, ...(init.headers as Record<string, string> | undefined) } })
  const at = (path: string) => `${url}/v2/${path}`
  const begin = async (repository: string, query = '') => {
    const response = await ask(at(`${repository}/blobs/uploads/${query}`), { method: 'POST' })
    await response.arrayBuffer()
    return response
  }
  const locate = (response: Response) => new URL(response.headers.get('Location') ?? '', url)
  return {
    begin,
    locate,
    /** POST, then PUT with all the bytes. */
    async pushBlob(repository: string, { digest, bytes }: Bytes): Promise<number> {
      const begun = await begin(repository)
      if (begun.status !== 202) return begun.status
      const location = locate(begun)
      location.searchParams.set('digest', digest)
      return statusOf(ask(location, { method: 'PUT', body: bytes }))
    },
    /** POST, one PATCH for each chunk, PUT without a body. */
    async pushChunks(repository: string, { digest, bytes }: Bytes, chunkBytes: number): Promise<number> {
      const begun = await begin(repository)
      if (begun.status !== 202) return begun.status
      let location = locate(begun)
      for (let from = 0; from < bytes.length; from += chunkBytes) {
        const chunk = bytes.slice(from, from + chunkBytes)
        const headers = { 'Content-Range': `${from}-${from + chunk.length - 1}` }
        const response = await ask(location, { method: 'PATCH', body: chunk, headers })
        await response.arrayBuffer()
        if (response.status !== 202) return response.status
        location = locate(response)
      }
      location.searchParams.set('digest', digest)
      return statusOf(ask(location, { method: 'PUT' }))
    },
    async mount(repository: string, digest: string, from?: string): Promise<number> {
      return (await begin(repository, `?mount=${digest}${from === undefined ? '' : `&from=${from}`}`)).status
    },
    putManifest(repository: string, reference: string, { bytes, mediaType }: Document, query = ''): Promise<number> {
      return statusOf(
        ask(at(`${repository}/manifests/${reference}${query}`), {
          method: 'PUT',
          body: bytes,
          headers: { 'Content-Type': mediaType },
        }),
      )
    },
    remove: (repository: string, kind: 'manifests' | 'blobs', reference: string): Promise<number> =>
      statusOf(ask(at(`${repository}/${kind}/${reference}`), { method: 'DELETE' })),
    /** The body when it is there and whole, or the status. */
    async get(repository: string, kind: 'manifests' | 'blobs', reference: string): Promise<Uint8Array | number> {
      const response = await ask(at(`${repository}/${kind}/${reference}`), { headers: { Accept: ACCEPT } })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return response.ok ? bytes : response.status
    },
    head: (repository: string, kind: 'manifests' | 'blobs', reference: string): Promise<number> =>
      statusOf(ask(at(`${repository}/${kind}/${reference}`), { method: 'HEAD' })),
    /** All pages of a list; undefined when there is no such repository. */
    async list(path: string, key: 'tags' | 'repositories' | 'manifests'): Promise<unknown[] | undefined> {
      const items: unknown[] = []
      for (let next: string | undefined = at(path); next; ) {
        const response: Response = await ask(next)
        if (response.status === 404) return undefined
        const page = (await response.json()) as Record<string, unknown[]>
        items.push(...(page[key] ?? []))
        const link: string | undefined = /<([^>]+)>/.exec(response.headers.get('Link') ?? '')?.[1]
        next = link && new URL(link, url).href
      }
      return items
    },
  }
}

export type RegistryClient = ReturnType<typeof registryClient>

async function statusOf(response: Promise<Response>): Promise<number> {
  const answered = await response
  await answered.arrayBuffer()
  return answered.status
}
