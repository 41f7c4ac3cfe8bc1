import type { Digest } from '../../oci/index.ts'

export interface ImageLayer {
  readonly digest: Digest
  readonly mediaType: string
  readonly sizeBytes: number
}

/** An image as its manifest lists it, the lowest layer first, and the way to the bytes. */
export interface ImageLayers {
  readonly layers: readonly ImageLayer[]
  /** The bytes as they are stored; undefined for a layer that the registry does not hold. May be asked twice. */
  open(digest: Digest, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined>
}
