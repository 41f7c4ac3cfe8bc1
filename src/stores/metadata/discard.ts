import type { Digest, Tag } from '../../oci/index.ts'
import { nominateUntagged } from './candidates.ts'
import { dropManifest } from './drop-manifest.ts'
import type { Queries } from './engine.ts'
import { dropTag, dropTagsOf } from './names/tag-changes.ts'

/** Who takes something out of a repository, and why. */
export interface Discard {
  readonly now: number
  /** The name of the principal. */
  readonly by: string
  /** The rule that decided it; absent when a person did. */
  readonly rule?: string | undefined
}

/** Takes the tag out of the repository, never its manifest. Gives where it pointed; undefined when there was none. */
export async function discardTag(
  queries: Queries,
  place: { readonly repositoryId: number; readonly tag: Tag },
  discard: Discard,
): Promise<Digest | undefined> {
  const digest = await dropTag(queries, place, discard)
  if (digest !== undefined) await nominateUntagged(queries, place.repositoryId, digest, discard.now)
  return digest
}

/** Takes the manifest with all its tags out of the repository. False when it is not there. */
export async function discardManifest(
  queries: Queries,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: Digest },
  discard: Discard,
): Promise<boolean> {
  await dropTagsOf(queries, { repositoryId, digest }, discard)
  return dropManifest(queries, repositoryId, digest, discard.now)
}
