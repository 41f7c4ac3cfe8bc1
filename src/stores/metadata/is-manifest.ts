import type { Digest } from '../../oci/index.ts'
import type { Queries } from './engine.ts'

/** Is the manifest in the repository, damaged or not? */
export async function isManifest(queries: Queries, repositoryId: number, digest: Digest): Promise<boolean> {
  return (await find(queries, repositoryId, digest).executeTakeFirst()) !== undefined
}

/** Is it there undamaged, so that it can be pulled? */
export async function isStoredManifest(queries: Queries, repositoryId: number, digest: Digest): Promise<boolean> {
  return (await find(queries, repositoryId, digest).where('state', '=', 'stored').executeTakeFirst()) !== undefined
}

function find(queries: Queries, repositoryId: number, digest: Digest) {
  return queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
}
