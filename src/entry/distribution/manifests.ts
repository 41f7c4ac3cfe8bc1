import {
  deleteManifest,
  pullManifest,
  pushManifest,
  requireManifestSize,
  statManifest,
} from '../../features/content/index.ts'
import { type Digest, parseReference, parseTag, RegistryError } from '../../oci/index.ts'
import { etagOf, isNotModified } from './conditional.ts'
import { type Call, endpoint } from './handler.ts'
import { readBounded } from './read-bounded.ts'
import { warningHeaders } from './warnings.ts'

const MAX_TAG_PARAMETERS = 100

/** end-3, end-7a, end-7b and end-9 of the specification. */
export const manifestEndpoints = {
  GET: endpoint('pull', getManifest),
  HEAD: endpoint('stat', headManifest),
  PUT: endpoint('push', putManifest),
  DELETE: endpoint('delete', removeManifest),
}

async function getManifest({ content, permit, exchange, last, pulled, limits }: Call<'pull'>): Promise<Response> {
  const reference = parseReference(last)
  const left = await limits.pull(permit)
  const { digest, mediaType, bytes, warnings } = await pullManifest(content, permit, reference)
  if (isNotModified(exchange.request.headers, digest)) return notModified(digest)
  pulled(permit, { ...reference, digest })
  return warned(warnings, {
    body: bytes,
    headers: { 'Content-Type': mediaType, 'Docker-Content-Digest': digest, ETag: etagOf(digest), ...left },
  })
}

async function headManifest({ content, permit, exchange, last, limits }: Call<'stat'>): Promise<Response> {
  const left = await limits.peek(permit)
  const { digest, mediaType, sizeBytes, warnings } = await statManifest(content, permit, parseReference(last))
  if (isNotModified(exchange.request.headers, digest)) return notModified(digest)
  return warned(warnings, {
    body: null,
    headers: {
      'Content-Type': mediaType,
      'Content-Length': String(sizeBytes),
      'Docker-Content-Digest': digest,
      ETag: etagOf(digest),
      ...left,
    },
  })
}

function warned(
  warnings: readonly string[],
  { body, headers }: { body: Uint8Array<ArrayBuffer> | null; headers: Readonly<Record<string, string>> },
): Response {
  const response = new Response(body, { headers })
  for (const warning of warningHeaders(warnings)) response.headers.append('Warning', warning)
  return response
}

async function putManifest({ content, permit, exchange, repository, last, limits }: Call<'push'>): Promise<Response> {
  const reference = parseReference(last)
  await limits.push(permit)
  const parameters = exchange.query.getAll('tag')
  if (parameters.length > 0 && 'tag' in reference) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      'The parameter "tag" goes with a push by digest: PUT …/manifests/<digest>?tag=….',
    )
  }
  if (parameters.length > MAX_TAG_PARAMETERS) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      `At most ${MAX_TAG_PARAMETERS} tags go with one push; send the rest with another.`,
      { status: 414 },
    )
  }
  const { headers } = exchange.request
  const bytes = await readBounded(exchange.request, content.limits.manifestBytes, size =>
    requireManifestSize(content, size),
  )
  const pushed = await pushManifest(content, permit, {
    reference,
    tags: parameters.map(parseTag),
    contentType: headers.get('Content-Type') ?? undefined,
    bytes,
  })
  const answer = new Headers({
    Location: `/v2/${repository}/manifests/${pushed.digest}`,
    'Docker-Content-Digest': pushed.digest,
  })
  if (pushed.subject) answer.set('OCI-Subject', pushed.subject)
  for (const tag of parameters) answer.append('OCI-Tag', tag)
  for (const warning of warningHeaders(pushed.warnings)) answer.append('Warning', warning)
  return new Response(null, { status: 201, headers: answer })
}

async function removeManifest({ content, permit, last }: Call<'delete'>): Promise<Response> {
  await deleteManifest(content, permit, parseReference(last))
  return new Response(null, { status: 202 })
}

export function notModified(digest: Digest): Response {
  return new Response(null, { status: 304, headers: { ETag: etagOf(digest), 'Docker-Content-Digest': digest } })
}
