import type { FileHandle } from 'node:fs/promises'
import type { Incoming } from '../blob-store.ts'
import { EarlySync } from './early-sync.ts'
import { followFile } from './follow-file.ts'

type Observe = (bytes: Uint8Array) => void

/** Up to here a body is taken in one piece: the memory for it is had once, and written once. */
const SMALL_BYTES = 1 << 20
const GROUP_BYTES = 1 << 20
/** A body that Bun may have buffered whole is given its full length on file first, so following it would read zeros. */
const FOLLOWED_BYTES = 16 << 20

/**
 * Appends what comes in to the file and gives its new length. Three ways, by what is known of the body; measured in
 * docs/performance.md.
 */
export async function receive(
  handle: FileHandle,
  offset: number,
  incoming: Incoming,
  observe: Observe | undefined,
): Promise<number> {
  const { sizeBytes, request } = incoming
  if (sizeBytes === 0) return offset
  if (request && sizeBytes !== undefined) {
    if (sizeBytes <= SMALL_BYTES) return receiveWhole(handle, offset, request, observe)
    if (offset === 0) return receiveNatively(handle, { request, sizeBytes }, observe)
  }
  return receiveStream(handle, offset, incoming.stream, observe)
}

async function receiveWhole(handle: FileHandle, offset: number, request: Request, observe: Observe | undefined) {
  const bytes = new Uint8Array(await request.arrayBuffer())
  const writing = handle.appendFile(bytes)
  observe?.(bytes)
  await writing
  return offset + bytes.length
}

/**
 * Bun moves the body from the socket to the file by itself, at a third of the processor time that handing each piece
 * through JavaScript takes. The bytes are observed from the file, close behind the writing, while they are in the
 * page cache: what is hashed is what was stored. Only from the beginning of a file: Bun 1.4.5 writes a body that it has
 * buffered already twice, at the place it began, or twice behind each other in a file opened for appending.
 */
async function receiveNatively(
  handle: FileHandle,
  { request, sizeBytes }: { request: Request; sizeBytes: number },
  observe: Observe | undefined,
): Promise<number> {
  const writing = Bun.write(Bun.file(handle.fd), request)
  if (sizeBytes < FOLLOWED_BYTES) await writing
  const following = followFile(handle, { from: 0, to: sizeBytes }, writing, observe)
  const [written] = await Promise.all([writing, following])
  return written
}

/** For a body whose length nobody knows: it could be over the limit, so each piece is looked at as it comes. */
async function receiveStream(
  handle: FileHandle,
  offset: number,
  stream: AsyncIterable<Uint8Array>,
  observe: Observe | undefined,
): Promise<number> {
  let length = offset
  let group: Uint8Array[] = []
  let groupBytes = 0
  let writing: Promise<void> = Promise.resolve()
  let writtenTo = offset
  const sync = new EarlySync(handle, offset)
  const flush = async () => {
    await writing
    sync.reached(writtenTo)
    writtenTo = length
    writing = appendAll(handle, group, groupBytes)
    // Awaited at the next flush; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
    group = []
    groupBytes = 0
  }
  try {
    for await (const piece of stream) {
      observe?.(piece)
      group.push(piece)
      groupBytes += piece.length
      length += piece.length
      if (groupBytes >= GROUP_BYTES) await flush()
    }
  } finally {
    if (groupBytes > 0) await flush()
    await writing
    await sync.ended()
  }
  return length
}

/** Without putting the pieces together first, as long as the file system takes them in one go. */
async function appendAll(handle: FileHandle, pieces: readonly Uint8Array[], bytes: number): Promise<void> {
  const { bytesWritten } = await handle.writev([...pieces])
  if (bytesWritten < bytes) await handle.appendFile(Buffer.concat(pieces).subarray(bytesWritten))
}
