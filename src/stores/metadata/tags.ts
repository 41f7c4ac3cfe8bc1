import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import { type Recording, recordedWrite } from './audit/recorded-write.ts'
import { type Discard, discardTag } from './discard.ts'
import type { Engine, Queries } from './engine.ts'
import { setTag, type TagSetting, type TagSettingOutcome } from './names/set-tag.ts'
import { type Judge, protectionFacts, type Refusal, repositoryWithProtection } from './protection.ts'
import { idOf, type Page } from './repositories.ts'
import { withinQuotas } from './usage/within-quotas.ts'

export type Untagged =
  | { readonly outcome: 'removed'; readonly digest: Digest }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'protected'; readonly refusal: Refusal; readonly digest: Digest }

export interface Tags {
  /** Tags in byte order. Empty for a repository that does not exist. */
  list(repository: RepositoryName, page: Page<string>): Promise<readonly Tag[]>
  /** Removes the tag, never the manifest, unless it must stay; durable. */
  remove(
    tag: { repository: RepositoryName; tag: Tag; judge: Judge } & Discard,
    record?: Recording<Untagged>,
  ): Promise<Untagged>
  /** Points it to a manifest that is there already; durable. */
  set(setting: TagSetting, record?: Recording<TagSettingOutcome>): Promise<TagSettingOutcome>
}

export function createTags(engine: Engine): Tags {
  const list = engine.prepare<{ repository: RepositoryName; after: string; limit: number }, { name: Tag }>(
    (db, parameter) =>
      db
        .selectFrom('tags')
        .select('name')
        .where('repository_id', '=', idOf(db, parameter('repository')))
        .where('name', '>', parameter('after') as Tag)
        .orderBy('name')
        .limit(parameter('limit')),
  )
  return {
    list: async (repository, { after, limit }) =>
      (await list({ repository, after: after ?? '', limit })).map(row => row.name),
    remove: (tag, record) => recordedWrite(engine, record, queries => removeTag(queries, tag)),
    set: (setting, record) =>
      recordedWrite(engine, record, async queries => {
        const set = await withinQuotas(queries, { change: setting, repository: setting.repository }, () =>
          setTag(queries, setting),
        )
        return set.result
      }),
  }
}

async function removeTag(
  queries: Queries,
  { repository, tag, judge, ...discard }: Parameters<Tags['remove']>[0],
): Promise<Untagged> {
  const found = await repositoryWithProtection(queries, repository)
  if (!found) return { outcome: 'unknown' }
  const { id } = found
  if (found.isProtected) {
    const state = await queries
      .selectFrom('tags')
      .select(['digest', 'updated_at as setAt'])
      .where('repository_id', '=', id)
      .where('name', '=', tag)
      .executeTakeFirst()
    if (!state) return { outcome: 'unknown' }
    const facts = await protectionFacts(queries, { id, repository }, [state.digest])
    const refusal = judge(facts, { kind: 'remove tag', by: 'person', now: discard.now, tag, ...state })
    if (refusal) return { outcome: 'protected', refusal, digest: state.digest }
  }
  const digest = await discardTag(queries, { repositoryId: id, tag }, discard)
  return digest === undefined ? { outcome: 'unknown' } : { outcome: 'removed', digest }
}
