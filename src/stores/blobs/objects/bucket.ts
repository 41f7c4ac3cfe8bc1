import type { ByteRange } from '../blob-store.ts'

/**
 * What an object store must be able to do; each vendor is one of these. Keys are whole, prefix included. Every call is
 * tried again by the vendor's SDK where that can help.
 * @throws Unavailable when the store does not answer as it should.
 */
export interface Bucket {
  /** For people, without secrets: s3://bucket/prefix. */
  readonly place: string
  /** A read that brings nothing for so long has hung. */
  readonly silenceMs: number
  /** What a part, but for the last, has at least. */
  readonly leastPartBytes: number
  put(key: string, bytes: Uint8Array): Promise<void>
  /** The bytes of the range, or all; undefined when there is no such object. A broken connection fails the stream. */
  get(key: string, range?: ByteRange): Promise<ReadObject | undefined>
  size(key: string): Promise<number | undefined>
  /** Absent is no error. */
  remove(key: string): Promise<void>
  list(prefix: string): AsyncIterable<ListedObject>
  /** Begins an object that is put together of parts. Gives what names the undertaking. */
  beginParts(key: string): Promise<string>
  /** Numbers begin at 1. Gives what names the part, and no other bytes under its number. */
  putPart(target: PartsTarget, number: number, bytes: Uint8Array): Promise<string>
  /** Makes the object of these parts, in order; in one step for whoever reads. */
  completeParts(target: PartsTarget, parts: readonly string[]): Promise<void>
  /** Absent is no error. */
  abortParts(target: PartsTarget): Promise<void>
  urlOf(key: string, lifetimeSeconds: number): Promise<string>
}

export interface ReadObject {
  /** Of the whole object. */
  readonly sizeBytes: number
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
}

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
  readonly modifiedAt: number
}

export interface PartsTarget {
  readonly key: string
  readonly undertaking: string
}
