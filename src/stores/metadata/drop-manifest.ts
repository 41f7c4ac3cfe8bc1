import type { Digest } from '../../oci/index.ts'
import { nominate, withdraw } from './candidates.ts'
import type { Queries } from './engine.ts'

/** Removes the manifest, which has no tags any more, with its references; all that it held or that pointed at it becomes a candidate. */
export async function dropManifest(queries: Queries, id: number, digest: Digest, now: number): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('manifests')
    .where('repository_id', '=', id)
    .where('digest', '=', digest)
    .executeTakeFirst()
  await withdraw(queries, { repositoryId: id, digest, kind: 'manifest' })
  if (numDeletedRows === 0n) return false
  for (const table of ['image_details', 'labels'] as const)
    await queries.deleteFrom(table).where('repository_id', '=', id).where('digest', '=', digest).execute()
  const targets = await queries
    .deleteFrom('manifest_references')
    .where('repository_id', '=', id)
    .where('manifest', '=', digest)
    .returning(['target', 'kind'])
    .execute()
  for (const { target, kind } of targets) await nominate(queries, { repositoryId: id, digest: target, kind }, now)
  const referrers = await queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', id)
    .where('subject', '=', digest)
    .execute()
  for (const referrer of referrers)
    await nominate(queries, { repositoryId: id, digest: referrer.digest, kind: 'manifest' }, now)
  return true
}
