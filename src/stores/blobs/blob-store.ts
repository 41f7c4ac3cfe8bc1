import type { Digest } from '../../oci/index.ts'

/** Bytes at rest under a key that is never used twice. Knows nothing of repositories, tags or people. */
export interface BlobStore {
  /**
   * The bytes `from`–`to` inclusive, or all; read as they are consumed.
   * @throws ObjectFault when the object is absent or has another size: better no answer than one that breaks off.
   */
  read(object: ObjectRef, range?: ByteRange): Promise<ObjectBody>
  /** Size in bytes; undefined when absent. */
  size(key: string): Promise<number | undefined>
  /** Gone and durable when it resolves; absent is no error. */
  remove(key: string): Promise<void>
  /** Every stored object, in no order; of an upload under way too, in engines that store its pieces as objects. */
  list(): AsyncIterable<StoredObject>
}

/** A stored object as the metadata know it. */
export interface ObjectRef {
  readonly storageKey: string
  readonly digest: Digest
  readonly sizeBytes: number
}

export type ObjectBody = Blob | ReadableStream<Uint8Array<ArrayBuffer>>

/** The store has not what the metadata say. */
export class ObjectFault extends Error {
  override readonly name = 'ObjectFault'

  constructor({ storageKey, sizeBytes, digest }: ObjectRef, stored: number | 'other bytes' | undefined) {
    const found =
      stored === 'other bytes'
        ? `does not have the digest ${digest}`
        : `${stored === undefined ? 'is not in storage' : `has ${stored} bytes in storage`}, and ${sizeBytes} in the metadata`
    super(`${storageKey} ${found}: run berth verify.`)
  }
}

export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface StoredObject {
  readonly key: string
  /** Of engines that have it in the key. */
  readonly digest?: Digest
  /** The upload that the object came by. */
  readonly uploadId: string
  readonly sizeBytes: number
  readonly modifiedAt: number
}

/** Bytes as they arrive. An engine takes them in whichever of these ways costs it least, and only once. */
export interface Incoming {
  /** As declared by the sender, and then exact; undefined when it streams without saying. */
  readonly sizeBytes: number | undefined
  /** Piece by piece; the sender waits while a piece is worked on. */
  readonly stream: AsyncIterable<Uint8Array>
  /** The last of the upload: an engine need not keep its end so that more can follow. */
  readonly ends?: boolean
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
  /** Makes the upload a stored object; durable (bytes, then name) when it resolves. */
  complete(id: string, digest: Digest): Promise<CompletedUpload>
  /** Undoes a `complete` that nobody recorded: the object's bytes are what was received. Absent is no error. */
  reopen(id: string, digest: Digest): Promise<void>
  /** Drops the upload, whether it was completed as `digest` or not. Absent is no error. */
  discard(id: string, digest?: Digest): Promise<void>
}

export interface CompletedUpload {
  readonly storageKey: string
  /** Objects that the upload needed on its way: to be removed once it is recorded. */
  readonly leftovers: readonly { readonly storageKey: string; readonly sizeBytes: number }[]
}

/** Where an engine that keeps uploads in pieces writes down what it has; the metadata's, so that any replica can go on. */
export interface UploadProgress {
  /** What was saved last; undefined before the first time, and for an upload that is no more. */
  load(id: string): Promise<string | undefined>
  /** Replaces `before`; false when it is not what is saved: another request has taken the upload over. */
  save(id: string, before: string | undefined, after: string): Promise<boolean>
}

/** Optional power: lets a client fetch an object from the store itself. */
export interface RedirectStore {
  /** An address that serves the object, and nothing else, for so long. */
  urlOf(object: ObjectRef, lifetimeSeconds: number): Promise<string>
}

/** The mark that ties a storage to its metadata. */
export interface StorageMark {
  read(): Promise<string | undefined>
  /** Writes it where there is none. Gives the one that is there then. */
  write(id: string): Promise<string>
  /** Is there nothing stored yet? */
  isEmpty(): Promise<boolean>
}

/** One engine, opened. */
export interface BlobStores {
  /** For people: where it is, without secrets. */
  readonly place: string
  /** One server's own: its uploads are files that only one request at a time may write to. */
  readonly exclusive: boolean
  readonly blobs: BlobStore & QuarantineStore
  readonly uploads: UploadStore
  readonly mark: StorageMark
  readonly redirects?: RedirectStore
}

/** Optional power: puts an object where nothing serves it from, without destroying it. */
export interface QuarantineStore {
  quarantine(key: string): Promise<void>
}
