import type { Digest } from '../../oci/index.ts'

/** Bytes at rest under a key that is never used twice. Knows nothing of repositories, tags or people. */
export interface BlobStore {
  /**
   * The bytes `from`–`to` inclusive, or all. Nothing is read before the body is consumed; an object that is not there
   * fails then.
   */
  read(key: string, range?: ByteRange): Blob | ReadableStream<Uint8Array<ArrayBuffer>>
  /** Size in bytes; undefined when absent. */
  size(key: string): Promise<number | undefined>
  /** Gone and durable when it resolves; absent is no error. */
  remove(key: string): Promise<void>
  /** Every stored object, in no order. */
  list(): AsyncIterable<StoredObject>
}

export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface StoredObject {
  readonly key: string
  readonly digest: Digest
  readonly sizeBytes: number
  readonly modifiedAt: number
}

/** Bytes as they arrive. An engine takes them in whichever of these ways costs it least, and only once. */
export interface Incoming {
  /** As declared by the sender, and then exact; undefined when it streams without saying. */
  readonly sizeBytes: number | undefined
  /** Piece by piece; the sender waits while a piece is worked on. */
  readonly stream: AsyncIterable<Uint8Array>
  /** The request that carries them, for an engine that can take its body without it passing through JavaScript. */
  readonly request?: Request
}

/** Bytes on their way in: one growing object per upload, which outlives the process. */
export interface UploadStore {
  /** Bytes received so far; 0 for an upload that nothing was written to. */
  received(id: string): Promise<number>
  /**
   * Appends all that comes in, from `offset` on (what lies beyond it is dropped), and gives the new length.
   * When the sender fails, what came before is kept and the failure is thrown.
   * @param observe sees each byte that was appended, in order, before this resolves; not so after a failure.
   */
  append(id: string, offset: number, incoming: Incoming, observe?: (bytes: Uint8Array) => void): Promise<number>
  /** What was received, from its beginning. */
  read(id: string): AsyncIterable<Uint8Array>
  /** Makes the upload a stored object; durable (bytes, then name) when it resolves. Gives the object's key. */
  complete(id: string, digest: Digest): Promise<string>
  /** Undoes a `complete` that nobody recorded: the object's bytes are what was received. Absent is no error. */
  reopen(id: string, digest: Digest): Promise<void>
  /** Drops the upload, whether it was completed as `digest` or not. Absent is no error. */
  discard(id: string, digest?: Digest): Promise<void>
}

/** Optional power: puts an object where nothing serves it from, without destroying it. */
export interface QuarantineStore {
  quarantine(key: string): Promise<void>
}
