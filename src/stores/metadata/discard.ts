import type { Digest, Tag } from '../../oci/index.ts'
import { nominateUntagged } from './candidates.ts'
import { dropManifest } from './drop-manifest.ts'
import type { Queries } from './engine.ts'

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
  { repositoryId, tag }: { readonly repositoryId: number; readonly tag: Tag },
  { now }: Discard,
): Promise<Digest | undefined> {
  const removed: { digest: Digest } | undefined = await queries
    .deleteFrom('tags')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', tag)
    .returning('digest')
    .executeTakeFirst()
  if (!removed) return undefined
  await nominateUntagged(queries, repositoryId, removed.digest, now)
  return removed.digest
}

/** Takes the manifest with all its tags out of the repository. False when it is not there. */
export function discardManifest(
  queries: Queries,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: Digest },
  { now }: Discard,
): Promise<boolean> {
  return dropManifest(queries, repositoryId, digest, now)
}
