import type { Digest } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { BlobStore } from '../../stores/blobs/index.ts'
import type { BlobLinks, InventoryTables, NewPackage, Unread } from '../../stores/metadata/index.ts'

/** A package, and where in an image it is. */
export interface PlacedPackage extends NewPackage {
  /** Undefined for what a builder says. */
  readonly layer: Digest | undefined
  readonly path: string
}

/** What an image holds. */
export interface FoundInventory {
  readonly distribution:
    | { readonly id: string; readonly version: string; readonly name?: string | undefined }
    | undefined
  readonly packages: readonly PlacedPackage[]
  /** What could not be read: what it held is missing. */
  readonly problems: readonly Unread[]
}

/** The layers of an image, the lowest first, and the way to their bytes. */
export interface ImageLayers {
  readonly layers: readonly { readonly digest: Digest; readonly mediaType: string; readonly sizeBytes: number }[]
  /** As they are stored; undefined for a layer that the registry does not hold. May be asked twice. */
  open(digest: Digest, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined>
}

/** refused: reading it again would give the same, for the reason there is. */
export type ReadOutcome = FoundInventory | { readonly refused: string }

/** Finds what an image holds. @throws what may be otherwise another time. */
export type ReadImage = (image: ImageLayers, signal: AbortSignal) => Promise<ReadOutcome>

/** What a builder wrote of an image. */
export interface FoundSbom extends FoundInventory {
  /** The image that it is of, where the document says. */
  readonly about: Digest | undefined
  /** The tool, as the document names it. */
  readonly madeBy: string
}

/** Reads a document of a builder. @throws what may be otherwise another time. */
export type ReadSbom = (document: {
  readonly bytes: Uint8Array
  readonly mediaType: string
}) => Promise<FoundSbom | { readonly refused: string }>

export type ScanOutcome = 'read' | 'unsupported' | 'failed' | 'retried'

/** A scan that ended. */
export interface ScanFact {
  readonly outcome: ScanOutcome
  readonly durationMs: number
}

/** What images are read with. */
export interface Scanning {
  readonly tables: InventoryTables
  readonly blobLinks: Pick<BlobLinks, 'find'>
  readonly blobs: Pick<BlobStore, 'read'>
  readonly readImage: ReadImage
  readonly readSbom: ReadSbom
  /** Compares packages that are new with all advisories. @throws what may be otherwise another time. */
  readonly matchNew: (packageIds: readonly number[]) => Promise<void>
  /** Is told of an image whose layers were read. */
  readonly wasRead: (digest: Digest) => Promise<void>
  readonly clock: Clock
  readonly settings: ScanSettings
  readonly observer: ScanObserver
}

export interface ScanSettings {
  /** Images that are read at once. */
  readonly workers: number
  /** Readings of one image before it is given up. */
  readonly attempts: number
  /** Before the second reading; before each later one twice as long. */
  readonly retryMs: number
  /** Of a document of a builder. */
  readonly sbomBytes: number
}

export interface ScanObserver {
  ended(fact: ScanFact): void
  /** Images that wait. */
  waiting(count: number): void
  /** One that is tried again, or was given up. */
  failed(image: string, error: unknown, again: boolean): void
}
