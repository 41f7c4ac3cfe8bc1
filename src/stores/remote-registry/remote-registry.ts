import { createHash } from 'node:crypto'
import { algorithmOf, type Descriptor, type Digest, encodedOf, isDigest, MEDIA_TYPE } from '../../oci/index.ts'
import type { Outbound } from '../../platform/outbound/index.ts'
import type { ArtifactAddress } from './address.ts'
import { RemoteFault } from './remote-fault.ts'
import { type Credentials, signIn } from './sign-in.ts'

export interface RemoteManifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** Reads one artifact of another registry, by the distribution specification 1.1. What it gives has its digest. */
export interface RemoteArtifact {
  /** @throws RemoteFault when it is not there, or not what it says it is. */
  manifest(): Promise<RemoteManifest>
  /** Streamed; reading it throws RemoteFault at its end when it is not what the descriptor says. */
  blob(descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<AsyncIterable<Uint8Array>>
}

export interface RemoteOptions {
  readonly address: ArtifactAddress
  readonly credentials?: Credentials | undefined
  /** Authorities of the registry and its token server, in PEM; the system's unless given. */
  readonly ca?: string | undefined
  readonly signal: AbortSignal
}

/** As most registries limit them. */
const MANIFEST_BYTES = 4 << 20
const MOST_REDIRECTS = 5
/** Hundreds of megabytes over a slow line. */
const BLOB_TIMEOUT_MS = 3_600_000
const ACCEPTED = Object.values(MEDIA_TYPE).join(', ')

export function remoteArtifact(outbound: Pick<Outbound, 'fetch'>, options: RemoteOptions): RemoteArtifact {
  const { address, ca, signal } = options
  const { origin, repository, reference } = address
  let authorization: string | undefined
  const ask = async (path: string, request: Parameters<Outbound['fetch']>[1]): Promise<Response> => {
    const once = (redirects: number) =>
      outbound.fetch(`${origin}/v2/${repository}/${path}`, {
        ...request,
        headers: { Accept: ACCEPTED, ...(authorization === undefined ? {} : { Authorization: authorization }) },
        redirects,
        ...(ca === undefined ? {} : { tls: { ca } }),
        signal,
      })
    // Not where it redirects to: who answers there would say whom the password is to be shown to.
    let response = await once(0)
    if (response.status === 401) {
      await response.body?.cancel()
      authorization = await signIn({ ...options, outbound }, response.headers.get('WWW-Authenticate'))
      response = await once(0)
    }
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      response = await once(MOST_REDIRECTS)
    }
    if (response.ok) return response
    await response.body?.cancel()
    throw new RemoteFault(address, `answered ${response.status} for ${path}${adviceOn(response.status, options)}`)
  }
  return {
    async manifest() {
      const wanted = 'digest' in reference ? reference.digest : reference.tag
      const response = await ask(`manifests/${wanted}`, { maxBytes: MANIFEST_BYTES })
      const bytes = await response.bytes()
      const mediaType = (response.headers.get('Content-Type') ?? '').split(';', 1)[0]?.trim() ?? ''
      const said = 'digest' in reference ? reference.digest : response.headers.get('Docker-Content-Digest')
      const algorithm = said !== null && isDigest(said) ? algorithmOf(said) : 'sha256'
      const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest
      if (said !== null && said !== digest) throw new RemoteFault(address, `sent other bytes than those of ${said}`)
      return { digest, mediaType, bytes }
    },
    async blob({ digest, size }) {
      const limits = { maxBytes: Math.max(size, 1), timeoutMs: BLOB_TIMEOUT_MS }
      const response = await ask(`blobs/${digest}`, limits)
      return checked(response.body ?? [], () => new RemoteFault(address, `sent other bytes than those of ${digest}`), {
        digest,
        size,
      })
    },
  }
}

function adviceOn(status: number, { credentials }: Pick<RemoteOptions, 'credentials'>): string {
  if (status === 403 || status === 404) return ': it is not there, or not for whoever it is asked as'
  if (status !== 401) return ''
  return credentials ? ': its username and password are not taken' : ': it wants a username and a password'
}

async function* checked(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  fault: () => RemoteFault,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(digest))
  let bytes = 0
  for await (const chunk of body) {
    hash.update(chunk)
    bytes += chunk.byteLength
    yield chunk
  }
  if (bytes !== size || hash.digest('hex') !== encodedOf(digest)) throw fault()
}
