import { deleteBlob, readBlob, statBlob } from '../../features/content/index.ts'
import { parseDigest } from '../../oci/index.ts'
import { parseByteRange } from './byte-range.ts'
import { etagOf, isNotModified } from './conditional.ts'
import { type Call, endpoint } from './handler.ts'
import { notModified } from './manifests.ts'

/** end-2 and end-10 of the specification. */
export const blobEndpoints = {
  GET: endpoint('pull', getBlob),
  HEAD: endpoint('stat', headBlob),
  DELETE: endpoint('delete', removeBlob),
}

async function getBlob({ content, permit, exchange, last, redirect }: Call<'pull'>): Promise<Response> {
  const digest = parseDigest(last)
  const blob = await statBlob(content, permit, digest)
  const { headers } = exchange.request
  if (isNotModified(headers, digest)) return notModified(digest)
  const location = await redirect?.(blob, exchange.connection.address())
  if (location !== undefined)
    return new Response(null, { status: 307, headers: { ...redirectHeaders(digest), Location: location } })
  const answer: Record<string, string> = blobHeaders(digest)
  const ifRange = headers.get('If-Range')
  const range =
    ifRange === null || ifRange === etagOf(digest) ? parseByteRange(headers.get('Range'), blob.sizeBytes) : undefined
  if (blob.sizeBytes === 0) return new Response(null, { headers: { ...answer, 'Content-Length': '0' } })
  if (!range) return new Response(await readBlob(content, blob), { headers: answer })
  answer['Content-Range'] = `bytes ${range.from}-${range.to}/${blob.sizeBytes}`
  return new Response(await readBlob(content, blob, range), { status: 206, headers: answer })
}

async function headBlob({ content, permit, exchange, last }: Call<'stat'>): Promise<Response> {
  const digest = parseDigest(last)
  const blob = await statBlob(content, permit, digest)
  if (isNotModified(exchange.request.headers, digest)) return notModified(digest)
  return new Response(null, { headers: { ...blobHeaders(digest), 'Content-Length': String(blob.sizeBytes) } })
}

async function removeBlob({ content, permit, last }: Call<'delete'>): Promise<Response> {
  await deleteBlob(content, permit, parseDigest(last))
  return new Response(null, { status: 202 })
}

/** The address ends soon, and is for this client. */
function redirectHeaders(digest: ReturnType<typeof parseDigest>) {
  return { 'Docker-Content-Digest': digest, 'Cache-Control': 'private, no-store' }
}

function blobHeaders(digest: ReturnType<typeof parseDigest>) {
  return {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: etagOf(digest),
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=31536000, immutable',
    'Content-Disposition': 'attachment',
  }
}
