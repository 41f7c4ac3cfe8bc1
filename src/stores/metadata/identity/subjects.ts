import type { Queries } from '../engine.ts'
import type { SubjectKind } from '../schema-identity.ts'

/** Whoever may be granted something. */
export interface Subject {
  readonly kind: SubjectKind
  readonly id: number
}

const TABLE = { user: 'users', group: 'groups', robot: 'robots' } as const

export async function subjectId(queries: Queries, kind: SubjectKind, name: string): Promise<number | undefined> {
  const row = await queries.selectFrom(TABLE[kind]).select('id').where('name', '=', name).executeTakeFirst()
  return row?.id
}

/** Takes away what was granted to the subject and what proves that one is it. */
export async function removeSubject(queries: Queries, { kind, id }: Subject): Promise<void> {
  await queries.deleteFrom('grants').where('subject_kind', '=', kind).where('subject_id', '=', id).execute()
  if (kind === 'group') return
  await queries.deleteFrom('credentials').where('owner_kind', '=', kind).where('owner_id', '=', id).execute()
}
