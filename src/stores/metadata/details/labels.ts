import type { Digest, Reference, RepositoryName, Tag } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { repositoryId } from '../repositories.ts'

/** What labels are on: an image, by a tag or its digest, or the repository itself. */
export interface Labelled {
  readonly repository: RepositoryName
  readonly reference?: Reference | undefined
}

export interface LabelChange extends Labelled {
  /** Undefined takes the label away. */
  readonly labels: ReadonlyMap<string, string | undefined>
  /** How many there may be at once. */
  readonly most: number
  /** May somebody change an image that has this tag? Asked inside the transaction. */
  readonly mayChange: (tag: Tag) => boolean
  readonly now: number
}

export type LabelOutcome =
  | {
      readonly outcome: 'changed'
      /** Undefined: the repository itself. */
      readonly digest: Digest | undefined
      readonly before: ReadonlyMap<string, string>
      readonly after: ReadonlyMap<string, string>
    }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'too many'; readonly count: number }
  | { readonly outcome: 'tag kept'; readonly tag: Tag }

export interface Labels {
  /** In order of their keys; undefined when there is no such image or repository. */
  list(on: Labelled): Promise<ReadonlyMap<string, string> | undefined>
  /** Sets and takes away; nothing when one of them cannot be; durable. */
  change(change: LabelChange, record?: Recording<LabelOutcome>): Promise<LabelOutcome>
}

export function createLabels(engine: Engine): Labels {
  return {
    async list(on) {
      const place = await placeOf(engine.db, on)
      return place && readLabels(engine.db, place)
    },
    change: (change, record) => recordedWrite(engine, record, queries => changeLabels(queries, change)),
  }
}

export interface Place {
  readonly id: number
  readonly digest: Digest | ''
}

export async function placeOf(queries: Queries, { repository, reference }: Labelled): Promise<Place | undefined> {
  const id = await repositoryId(queries, repository)
  if (id === undefined) return undefined
  if (reference === undefined) return { id, digest: '' }
  const found = await queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', id)
    .where('digest', '=', ({ selectFrom, val }) =>
      'digest' in reference
        ? val(reference.digest)
        : selectFrom('tags').select('digest').where('repository_id', '=', id).where('name', '=', reference.tag),
    )
    .where('state', '=', 'stored')
    .executeTakeFirst()
  return found && { id, digest: found.digest }
}

async function readLabels(queries: Queries, { id, digest }: Place): Promise<ReadonlyMap<string, string>> {
  const rows = await queries
    .selectFrom('labels')
    .select(['key', 'value'])
    .where('repository_id', '=', id)
    .where('digest', '=', digest)
    .orderBy('key')
    .execute()
  return new Map(rows.map(({ key, value }) => [key, value]))
}

async function changeLabels(queries: Queries, change: LabelChange): Promise<LabelOutcome> {
  const place = await placeOf(queries, change)
  if (!place) return { outcome: 'unknown' }
  const { id, digest } = place
  if (digest !== '') {
    const tags = await queries
      .selectFrom('tags')
      .select('name')
      .where('repository_id', '=', id)
      .where('digest', '=', digest)
      .execute()
    const kept = tags.find(({ name }) => !change.mayChange(name))
    if (kept) return { outcome: 'tag kept', tag: kept.name }
  }
  const before = await readLabels(queries, place)
  const after = new Map(before)
  for (const [key, value] of change.labels) {
    if (value === undefined) after.delete(key)
    else after.set(key, value)
  }
  if (after.size > change.most && after.size > before.size) return { outcome: 'too many', count: after.size }
  for (const [key, value] of change.labels) await changeLabel(queries, place, { key, value, now: change.now })
  return { outcome: 'changed', digest: digest === '' ? undefined : digest, before, after }
}

async function changeLabel(
  queries: Queries,
  { id, digest }: Place,
  { key, value, now }: { readonly key: string; readonly value: string | undefined; readonly now: number },
): Promise<void> {
  if (value === undefined) {
    await queries
      .deleteFrom('labels')
      .where('repository_id', '=', id)
      .where('digest', '=', digest)
      .where('key', '=', key)
      .execute()
    return
  }
  const column = { value, set_at: now }
  await queries
    .insertInto('labels')
    .values({ repository_id: id, digest, key, ...column })
    .onConflict(conflict => conflict.columns(['repository_id', 'digest', 'key']).doUpdateSet(column))
    .execute()
}
