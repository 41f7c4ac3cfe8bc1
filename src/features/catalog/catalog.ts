import type { Clock } from '../../platform/clock/index.ts'
import type { BlobStore } from '../../stores/blobs/index.ts'
import type { BlobLinks, Descriptions, Details, Manifests, Referrers } from '../../stores/metadata/index.ts'
import type { Access } from '../access/index.ts'

/** What the use cases about what there is stand on. */
export interface Catalog {
  readonly details: Pick<Details, 'labels' | 'search' | 'images' | 'summaries'>
  readonly referrers: Referrers
  readonly manifests: Pick<Manifests, 'find'>
  readonly access: Access
  readonly clock: Clock
}

/** What reads the details of images. */
export interface Describing {
  readonly descriptions: Descriptions
  readonly blobLinks: Pick<BlobLinks, 'find'>
  readonly blobs: Pick<BlobStore, 'read'>
  readonly clock: Clock
  /** Is told of a config that could not be read although it should be there. */
  readonly failed: (error: unknown, image: string) => void
}
