import type { Descriptor, Digest, Manifest, Reference, RepositoryName, Tag } from '../../oci/index.ts'
import type { Recording } from './audit/recorded-write.ts'
import type { Discard } from './discard.ts'
import type { Judge, Refusal } from './protection.ts'
import type { Standing } from './usage/standings.ts'

export interface StoredManifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** There is a policy that pulls of it may have to be judged by. */
  readonly isJudged: boolean
}

export interface ManifestSummary {
  readonly digest: Digest
  readonly mediaType: string
  readonly sizeBytes: number
  /** There is a policy that pulls of it may have to be judged by. */
  readonly isJudged: boolean
}

export interface NewManifest {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly manifest: Manifest
  readonly tags: readonly Tag[]
  readonly now: number
  /** The name of the principal. */
  readonly by: string
  /** May a tag that is there be moved from another manifest? Asked inside the transaction. */
  readonly mayMove: (tag: Tag) => boolean
  /** What must stay as it is stays. Asked inside the transaction. */
  readonly judge: Judge
  /** Which absent targets are no reason to refuse. */
  readonly allowAbsent: 'none' | 'all'
}

export type PutOutcome =
  | {
      readonly outcome: 'stored'
      readonly absent: readonly Descriptor[]
      /** Where each tag pointed before; undefined for a new one. */
      readonly moved: ReadonlyMap<Tag, Digest | undefined>
      /** How the quotas that count here stand now. */
      readonly quotas: readonly Standing[]
    }
  | { readonly outcome: 'absent'; readonly absent: readonly Descriptor[] }
  | { readonly outcome: 'wrong size'; readonly descriptor: Descriptor; readonly storedBytes: number }
  | { readonly outcome: 'tag taken'; readonly tag: Tag; readonly by: Digest }
  | {
      readonly outcome: 'protected'
      readonly refusal: Refusal
      /** The tag that would have been moved, and from where; absent when nothing may be pushed. */
      readonly move?: { readonly tag: Tag; readonly from: Digest }
    }

export type Removed =
  | { readonly outcome: 'removed'; readonly tags: readonly Tag[] }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'referenced'; readonly by: Digest }
  | { readonly outcome: 'tag kept'; readonly tag: Tag }
  | { readonly outcome: 'protected'; readonly refusal: Refusal }

export interface Manifests {
  find(repository: RepositoryName, reference: Reference): Promise<StoredManifest | undefined>
  /** As `find`, without reading the bytes. */
  summary(repository: RepositoryName, reference: Reference): Promise<ManifestSummary | undefined>
  /**
   * Checks that everything the manifest names is in the repository, stores it and moves the tags, in one; durable.
   * @throws OverQuota.
   */
  put(manifest: NewManifest, record?: Recording<PutOutcome>): Promise<PutOutcome>
  /** Removes the manifest and every tag on it, unless an index needs it, or it or one of the tags may not go; durable. */
  remove(
    manifest: { repository: RepositoryName; digest: Digest; mayRemove: (tag: Tag) => boolean; judge: Judge } & Discard,
    record?: Recording<Removed>,
  ): Promise<Removed>
}
