import type { Digest } from '../../../oci/index.ts'
import type { Candidate } from '../candidates.ts'
import type { Queries } from '../engine.ts'

/** Does something in the trash of the repository need it? Then garbage collection takes it only afterwards. */
export async function isHeldByTrash(queries: Queries, { repositoryId, digest, kind }: Candidate): Promise<boolean> {
  const row = await queries
    .selectFrom('trash_references')
    .select('trash_id')
    .where('target', '=', digest)
    .where('kind', '=', kind)
    .where('repository_id', '=', repositoryId)
    .where('is_held', '=', 1)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Does the trash of any repository need these bytes? They are kept then, also where no repository has them any more. */
export async function areBytesHeldByTrash(queries: Queries, digest: Digest): Promise<boolean> {
  const row = await queries
    .selectFrom('trash_references')
    .select('trash_id')
    .where('target', '=', digest)
    .where('kind', '=', 'blob')
    .where('is_held', '=', 1)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function isInTrash(queries: Queries, repositoryId: number, digest: Digest): Promise<boolean> {
  const row = await queries
    .selectFrom('trash')
    .select('id')
    .where('digest', '=', digest)
    .where('repository_id', '=', repositoryId)
    .where('kind', '=', 'manifest')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
