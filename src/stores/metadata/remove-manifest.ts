import { manifestNaming } from './candidates.ts'
import { discardManifest } from './discard.ts'
import type { Queries } from './engine.ts'
import type { Manifests, Removed } from './manifest-port.ts'
import { repositoryId } from './repositories.ts'

export async function removeManifest(
  queries: Queries,
  { repository, digest, mayRemove, ...discard }: Parameters<Manifests['remove']>[0],
): Promise<Removed> {
  const id = await repositoryId(queries, repository)
  if (id === undefined) return { outcome: 'unknown' }
  const by = await manifestNaming(queries, { repositoryId: id, digest, kind: 'manifest' })
  if (by) return { outcome: 'referenced', by }
  const tags = await queries
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', id)
    .where('digest', '=', digest)
    .execute()
  const kept = tags.find(({ name }) => !mayRemove(name))
  if (kept) return { outcome: 'tag kept', tag: kept.name }
  if (!(await discardManifest(queries, { repositoryId: id, digest }, discard))) return { outcome: 'unknown' }
  return { outcome: 'removed', tags: tags.map(({ name }) => name) }
}
