import type { Digest, Tag } from '../../oci/index.ts'
import { nominateUntagged } from './candidates.ts'
import { dropManifest } from './drop-manifest.ts'
import type { Queries } from './engine.ts'
import { dropTag, dropTagsOf } from './names/tag-changes.ts'
import { type Discard, trashManifest, trashTag } from './trash/fill.ts'

export type { Discard } from './trash/fill.ts'

/** Takes the tag out of the repository, never its manifest. Gives where it pointed; undefined when there was none. */
export async function discardTag(
  queries: Queries,
  place: { readonly repositoryId: number; readonly tag: Tag },
  discard: Discard,
): Promise<Digest | undefined> {
  const digest = await dropTag(queries, place, discard)
  if (digest === undefined) return undefined
  await trashTag(queries, { ...place, digest }, discard)
  await nominateUntagged(queries, place.repositoryId, digest, discard.now)
  return digest
}

/** Takes the manifest with all its tags out of the repository. False when it is not there. */
export async function discardManifest(
  queries: Queries,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: Digest },
  discard: Discard,
): Promise<boolean> {
  await trashManifest(queries, { repositoryId, digest }, discard)
  await dropTagsOf(queries, { repositoryId, digest }, discard)
  return dropManifest(queries, repositoryId, digest, discard.now)
}
