import { manifestNaming } from './candidates.ts'
import { discardManifest } from './discard.ts'
import type { Queries } from './engine.ts'
import type { Manifests, Removed } from './manifest-port.ts'
import { protectionFacts, repositoryWithProtection } from './protection.ts'

export async function removeManifest(
  queries: Queries,
  { repository, digest, mayRemove, judge, ...discard }: Parameters<Manifests['remove']>[0],
): Promise<Removed> {
  const found = await repositoryWithProtection(queries, repository)
  if (!found) return { outcome: 'unknown' }
  const { id } = found
  const by = await manifestNaming(queries, { repositoryId: id, digest, kind: 'manifest' })
  if (by) return { outcome: 'referenced', by }
  const tags = await queries
    .selectFrom('tags')
    .select(['name as tag', 'updated_at as setAt'])
    .where('repository_id', '=', id)
    .where('digest', '=', digest)
    .execute()
  const kept = tags.find(({ tag }) => !mayRemove(tag))
  if (kept) return { outcome: 'tag kept', tag: kept.tag }
  if (found.isProtected) {
    const facts = await protectionFacts(queries, { id, repository }, [digest])
    const refusal = judge(facts, { kind: 'remove manifest', by: 'person', now: discard.now, digest, tags })
    if (refusal) return { outcome: 'protected', refusal }
  }
  if (!(await discardManifest(queries, { repositoryId: id, digest }, discard))) return { outcome: 'unknown' }
  return { outcome: 'removed', tags: tags.map(({ tag }) => tag) }
}
