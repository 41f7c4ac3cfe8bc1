import type { Digest, Tag } from '../../oci/index.ts'
import { nominateUntagged } from './candidates.ts'
import { dropManifest } from './drop-manifest.ts'
import type { Queries } from './engine.ts'
import { type Discard, trashManifest, trashTag } from './trash/fill.ts'

export type { Discard } from './trash/fill.ts'

/** Takes the tag out of the repository, never its manifest. Gives where it pointed; undefined when there was none. */
export async function discardTag(
  queries: Queries,
  { repositoryId, tag }: { readonly repositoryId: number; readonly tag: Tag },
  discard: Discard,
): Promise<Digest | undefined> {
  const removed: { digest: Digest } | undefined = await queries
    .deleteFrom('tags')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', tag)
    .returning('digest')
    .executeTakeFirst()
  if (!removed) return undefined
  await trashTag(queries, { repositoryId, tag, digest: removed.digest }, discard)
  await nominateUntagged(queries, repositoryId, removed.digest, discard.now)
  return removed.digest
}

/** Takes the manifest with all its tags out of the repository. False when it is not there. */
export async function discardManifest(
  queries: Queries,
  manifest: { readonly repositoryId: number; readonly digest: Digest },
  discard: Discard,
): Promise<boolean> {
  await trashManifest(queries, manifest, discard)
  return dropManifest(queries, manifest.repositoryId, manifest.digest, discard.now)
}
