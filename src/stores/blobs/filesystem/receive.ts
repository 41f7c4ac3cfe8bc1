import type { FileHandle } from 'node:fs/promises'
import type { Incoming } from '../blob-store.ts'
import { EarlySync } from './early-sync.ts'
import { followFile } from './follow-file.ts'

type Observe = (bytes: Uint8Array) => void

/** Up to here a body is taken in one piece: the memory for it is had once, and written once. */
const SMALL_BYTES = 1 << 20
/**
 * A small body is written in pieces of this size: for larger writes ext4 takes larger blocks of memory, which on a
 * virtual machine that returns free memory to its host cost up to four times as much (docs/performance.md).
 */
const PIECE_BYTES = 256 << 10
/** Of a stream that may be long, so much is written at once: each write costs a change of threads. */
const GROUP_BYTES = 512 << 10
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
  for (const piece of pieces(bytes)) {
    const writing = writeAll(handle, [piece])
    // Awaited below; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
    observe?.(piece)
    await writing
  }
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
  const sync = new EarlySync(handle, offset)
  const flush = async () => {
    await writing
    sync.reached(length)
    length += groupBytes
    writing = writeAll(handle, group)
    // Awaited at the next flush; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
    group = []
    groupBytes = 0
  }
  try {
    for await (const received of stream) {
      for (const piece of pieces(received)) {
        observe?.(piece)
        if (groupBytes + piece.length > GROUP_BYTES) await flush()
        group.push(piece)
        groupBytes += piece.length
      }
    }
  } finally {
    if (groupBytes > 0) await flush()
    await writing
    await sync.ended()
  }
  return length
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, from + PIECE_BYTES)
}

/** Without putting the pieces together first, as long as the file system takes them in one go. */
async function writeAll(handle: FileHandle, group: readonly Uint8Array[]): Promise<void> {
  const bytes = group.reduce((total, piece) => total + piece.length, 0)
  const { bytesWritten } = await handle.writev([...group])
  if (bytesWritten < bytes) await handle.appendFile(Buffer.concat(group).subarray(bytesWritten))
}
