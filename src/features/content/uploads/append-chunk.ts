import { type Digest, type DigestAlgorithm, RegistryError } from '../../../oci/index.ts'
import type { Incoming } from '../../../stores/blobs/index.ts'
import type { Permit } from '../../access/index.ts'
import type { Content } from '../content.ts'
import { requireRoom } from '../over-quota.ts'
import type { Room } from '../push-quotas.ts'
import { requireSession, withClaim } from './session.ts'
import { digestSoFar, type RunningHash } from './upload-hashes.ts'

export interface Chunk {
  readonly incoming: Incoming
  /** Where the client says the chunk belongs, both ends inclusive; it must continue what was received. */
  readonly range?: { readonly from: number; readonly to: number } | undefined
  /** The sender has nothing more to send; what follows may take long. */
  readonly onReceived?: () => void
}

/** Bytes received so far. @throws BLOB_UPLOAD_UNKNOWN. */
export async function uploadStatus(content: Content, permit: Permit<'push'>, id: string): Promise<number> {
  const session = await requireSession(content, permit, id)
  const received = () => content.uploads.received(id)
  // Its finishing broke off, so its bytes lie elsewhere until somebody takes it up.
  return session.brokenOff ? withClaim(content, { id }, received) : received()
}

/** Appends one chunk and gives the number of bytes received so far. @throws RANGE_INVALID for one out of order, DENIED. */
export async function appendChunk(content: Content, permit: Permit<'push'>, id: string, chunk: Chunk): Promise<number> {
  const session = await requireSession(content, permit, id)
  return withClaim(content, { id }, async ({ keepHashed }) => {
    const { lengthBytes, running } = await receive(content, permit, { id, algorithm: session.algorithm }, chunk)
    if (running) keepHashed({ lengthBytes, digest: digestSoFar(running) })
    return lengthBytes
  })
}

/**
 * Takes the chunk in behind what is there, hashing on the way when the bytes before it were hashed too.
 * The caller holds the claim. What came before a broken connection is kept.
 */
export async function receive(
  content: Content,
  permit: Permit<'push'>,
  { id, algorithm, digest }: { readonly id: string; readonly algorithm: DigestAlgorithm; readonly digest?: Digest },
  chunk: Chunk,
): Promise<{ readonly lengthBytes: number; readonly running: RunningHash | undefined }> {
  const offset = await content.uploads.received(id)
  checkRange(chunk, offset)
  const { incoming } = chunk
  requireBlobSize(content, offset + (incoming.sizeBytes ?? 0))
  const room =
    incoming.sizeBytes === 0
      ? undefined
      : await requireRoom(content, permit, { sizeBytes: offset + (incoming.sizeBytes ?? 1), digest })
  const running = content.hashes.take(id, algorithm, offset)
  const lengthBytes = await content.uploads.append(
    id,
    offset,
    { ...incoming, stream: bounded(content, permit, chunk, { offset, room, digest }) },
    running && (bytes => void running.hash.update(bytes)),
  )
  chunk.onReceived?.()
  if (running) {
    running.lengthBytes = lengthBytes
    content.hashes.keep(id, running)
  }
  return { lengthBytes, running }
}

/** The stream, broken off with an error where it leaves its range or the limit. */
async function* bounded(
  content: Content,
  permit: Permit<'push'>,
  { incoming, range }: Chunk,
  {
    offset,
    room: known,
    digest,
  }: { readonly offset: number; readonly room: Room | undefined; readonly digest: Digest | undefined },
) {
  let length = offset
  let room = known
  for await (const bytes of incoming.stream) {
    length += bytes.length
    requireBlobSize(content, length)
    // Whoever does not say how much is coming is stopped on the way.
    if (room && length > room.bytes) room = await requireRoom(content, permit, { sizeBytes: length, digest })
    if (range && length > range.to + 1) throw wrongLength(range, length - offset)
    yield bytes
  }
  if (range && length !== range.to + 1) throw wrongLength(range, length - offset)
}

function checkRange({ range, incoming }: Chunk, offset: number): void {
  if (!range) return
  if (range.from !== offset) {
    throw new RegistryError(
      'RANGE_INVALID',
      `The chunk begins at byte ${range.from}, but ${offset} bytes were received: continue at ${offset}.`,
      { detail: { received: offset, from: range.from }, headers: { Range: receivedRange(offset) } },
    )
  }
  const length = range.to - range.from + 1
  if (incoming.sizeBytes !== undefined && incoming.sizeBytes !== length) {
    throw new RegistryError(
      'SIZE_INVALID',
      `Content-Range ${range.from}-${range.to} is ${length} bytes, but Content-Length says ${incoming.sizeBytes}.`,
    )
  }
}

/** `Range` of an upload: both ends inclusive, so that nothing at all reads as 0-0 too, as in distribution. */
export function receivedRange(lengthBytes: number): string {
  return `0-${Math.max(0, lengthBytes - 1)}`
}

function wrongLength(range: { from: number; to: number }, got: number): RegistryError {
  const expected = range.to - range.from + 1
  const more = got > expected ? ' or more' : ''
  return new RegistryError('SIZE_INVALID', `Content-Range promises ${expected} bytes, but the body has ${got}${more}.`)
}

function requireBlobSize(content: Content, sizeBytes: number): void {
  if (sizeBytes <= content.limits.blobBytes) return
  throw new RegistryError(
    'SIZE_INVALID',
    `The blob has ${sizeBytes} bytes or more; this registry takes at most ${content.limits.blobBytes} (limits.blobBytes).`,
    { status: 413, detail: { limitBytes: content.limits.blobBytes } },
  )
}
