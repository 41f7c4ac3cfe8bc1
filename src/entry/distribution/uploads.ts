import { authorizeIfAllowed, permitByFormerName } from '../../features/access/index.ts'
import {
  appendChunk,
  type Chunk,
  cancelUpload,
  finishUpload,
  mountBlob,
  receivedRange,
  startUpload,
  uploadStatus,
} from '../../features/content/index.ts'
import {
  algorithmOf,
  type Digest,
  isRepositoryName,
  parseDigest,
  parseDigestAlgorithm,
  RegistryError,
} from '../../oci/index.ts'
import { parseChunkRange } from './byte-range.ts'
import { type Call, endpoint } from './handler.ts'

/** end-4a, end-4b, end-4c and end-11 of the specification. */
export const uploadsEndpoints = { POST: endpoint('push', postUpload) }

/** end-5, end-6, end-13 and end-14 of the specification. */
export const uploadEndpoints = {
  GET: endpoint('push', getUpload),
  PATCH: endpoint('push', patchUpload),
  PUT: endpoint('push', putUpload),
  DELETE: endpoint('push', deleteUpload),
}

async function postUpload(call: Call<'push'>): Promise<Response> {
  const { content, permit, exchange } = call
  const mount = exchange.query.get('mount')
  if (mount !== null) {
    const digest = parseDigest(mount)
    if (await tryMount(call, digest)) return created(call, digest)
  }
  const digestParameter = exchange.query.get('digest')
  if (digestParameter !== null && mount === null) {
    const digest = parseDigest(digestParameter)
    const chunk = chunkOf(call)
    const id = await startUpload(content, permit, algorithmOf(digest))
    try {
      await finishUpload(content, permit, id, { digest, chunk })
    } catch (error) {
      // Nobody was told the upload's id. When it cannot be dropped now, garbage collection drops it.
      await cancelUpload(content, permit, id).catch(() => undefined)
      throw error
    }
    return created(call, digest)
  }
  const algorithm = parseDigestAlgorithm(exchange.query.get('digest-algorithm') ?? 'sha256')
  const id = await startUpload(content, permit, algorithm)
  return progress(call, id, 0, 202)
}

/** Whoever may pull from the source may mount from it; who may not is answered as if it were not there. */
async function tryMount(
  { content, permit, exchange, access, findRenamed, maxNameLength }: Call<'push'>,
  digest: Digest,
): Promise<boolean> {
  const from = exchange.query.get('from')
  // Knowing a digest is no permission (CVE-2024-39897): who does not say where it is must upload it.
  if (from === null) return access.mode === 'open' && (await mountBlob(content, permit, { digest })) !== undefined
  // What cannot be mounted is uploaded: spec.md#mounting-a-blob-from-another-repository.
  if (!isRepositoryName(from, maxNameLength)) return false
  const { principal, origin } = exchange
  const asking = { principal, action: 'pull', resource: { repository: from }, origin } as const
  const pull = await authorizeIfAllowed(access, asking)
  if (pull && (await mountBlob(content, permit, { digest, from: pull }))) return true
  const renamed = await permitByFormerName(access, asking, from, findRenamed)
  return renamed !== undefined && (await mountBlob(content, permit, { digest, from: renamed })) !== undefined
}

async function getUpload(call: Call<'push'>): Promise<Response> {
  return progress(call, call.last, await uploadStatus(call.content, call.permit, call.last), 204)
}

async function patchUpload(call: Call<'push'>): Promise<Response> {
  const received = await appendChunk(call.content, call.permit, call.last, chunkOf(call))
  return progress(call, call.last, received, 202)
}

async function putUpload(call: Call<'push'>): Promise<Response> {
  const { content, permit, exchange, last } = call
  const parameter = exchange.query.get('digest')
  if (parameter === null) {
    throw new RegistryError(
      'DIGEST_INVALID',
      'The PUT that ends an upload needs the parameter "digest" with the digest of the whole blob.',
    )
  }
  const digest = parseDigest(parameter)
  await finishUpload(content, permit, last, { digest, chunk: chunkOf(call) })
  return created(call, digest)
}

async function deleteUpload({ content, permit, last }: Call<'push'>): Promise<Response> {
  await cancelUpload(content, permit, last)
  return new Response(null, { status: 204 })
}

function chunkOf({ exchange: { request, connection } }: Call<'push'>): Chunk {
  const length = request.headers.get('Content-Length')
  // Without either header there is no body at all: RFC 9112 section 6.3.
  const sizeBytes = length !== null ? Number(length) : request.headers.has('Transfer-Encoding') ? undefined : 0
  return {
    // Read only if it is used: to touch the body takes it from whoever would move it natively.
    incoming: { sizeBytes, request, stream: lazily(() => request.body ?? NOTHING) },
    range: parseChunkRange(request.headers.get('Content-Range')),
    onReceived: () => connection.keepOpen(),
  }
}

function lazily(open: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => open()[Symbol.asyncIterator]() }
}

const NOTHING: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {},
}

function progress({ repository }: Call<'push'>, id: string, received: number, status: 202 | 204): Response {
  return new Response(null, {
    status,
    headers: {
      Location: `/v2/${repository}/blobs/uploads/${id}`,
      'Docker-Upload-UUID': id,
      Range: receivedRange(received),
    },
  })
}

function created({ repository }: Call<'push'>, digest: Digest): Response {
  return new Response(null, {
    status: 201,
    headers: { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest },
  })
}
