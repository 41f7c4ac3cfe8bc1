import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import { type Recording, recordedWrite } from './audit/recorded-write.ts'
import { type Discard, discardTag } from './discard.ts'
import type { Engine, Queries } from './engine.ts'
import { setTag, type TagSetting, type TagSettingOutcome } from './names/set-tag.ts'
import { idOf, type Page, repositoryId } from './repositories.ts'

export interface Tags {
  /** Tags in byte order. Empty for a repository that does not exist. */
  list(repository: RepositoryName, page: Page<string>): Promise<readonly Tag[]>
  /** Removes the tag, never the manifest; gives where it pointed, undefined when there was none; durable. */
  remove(
    tag: { repository: RepositoryName; tag: Tag } & Discard,
    record?: Recording<Digest | undefined>,
  ): Promise<Digest | undefined>
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
    set: (setting, record) => recordedWrite(engine, record, queries => setTag(queries, setting)),
  }
}

async function removeTag(
  queries: Queries,
  { repository, tag, ...discard }: Parameters<Tags['remove']>[0],
): Promise<Digest | undefined> {
  const id = await repositoryId(queries, repository)
  if (id === undefined) return undefined
  return discardTag(queries, { repositoryId: id, tag }, discard)
}
