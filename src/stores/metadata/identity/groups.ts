import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { removeSubject, subjectId } from './subjects.ts'

export interface GroupMember {
  readonly user: string
  /** `local`, or the source that tells it at each sign-in. */
  readonly source: string
}

/** Groups of users; those that other sources know appear with the first sign-in of a member. */
export interface Groups {
  list(page: { after?: string | undefined; limit: number }): Promise<readonly { readonly name: string }[]>
  /** False when it is there already; durable. */
  create(group: { name: string; now: number }, record?: Recording<boolean>): Promise<boolean>
  /** With memberships and grants; durable. */
  remove(name: string, record?: Recording<boolean>): Promise<boolean>
  /** By the user's name; somebody who is in it by two sources is there twice. */
  members(
    name: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<readonly GroupMember[] | undefined>
  /** Puts the user in, or takes the user out; `unknown` when there is no such group or user; durable. */
  setMember(
    member: { group: string; user: string; isMember: boolean },
    record?: Recording<'changed' | 'unknown'>,
  ): Promise<'changed' | 'unknown'>
}

export function createGroups(engine: Engine): Groups {
  return {
    list: ({ after = '', limit }) =>
      engine.db.selectFrom('groups').select('name').where('name', '>', after).orderBy('name').limit(limit).execute(),
    create: ({ name, now }, record) =>
      recordedWrite(engine, record, async queries => {
        const inserted = await queries
          .insertInto('groups')
          .values({ name, created_at: now })
          .onConflict(conflict => conflict.column('name').doNothing())
          .returning('id')
          .executeTakeFirst()
        return inserted !== undefined
      }),
    remove: (name, record) =>
      recordedWrite(engine, record, async queries => {
        const id = await subjectId(queries, 'group', name)
        if (id === undefined) return false
        await removeSubject(queries, { kind: 'group', id })
        await queries.deleteFrom('group_members').where('group_id', '=', id).execute()
        await queries.deleteFrom('groups').where('id', '=', id).execute()
        return true
      }),
    async members(name, { after = '', limit }) {
      const id = await subjectId(engine.db, 'group', name)
      if (id === undefined) return undefined
      return engine.db
        .selectFrom('group_members')
        .innerJoin('users', 'users.id', 'group_members.user_id')
        .select(['users.name as user', 'group_members.source'])
        .where('group_members.group_id', '=', id)
        .where('users.name', '>', after)
        .orderBy('users.name')
        .limit(limit)
        .execute()
    },
    setMember: ({ group, user, isMember }, record) =>
      recordedWrite(engine, record, async queries => {
        const groupId = await subjectId(queries, 'group', group)
        const userId = await subjectId(queries, 'user', user)
        if (groupId === undefined || userId === undefined) return 'unknown'
        const row = { group_id: groupId, user_id: userId, source: 'local' }
        if (isMember)
          await queries
            .insertInto('group_members')
            .values(row)
            .onConflict(conflict => conflict.columns(['user_id', 'group_id', 'source']).doNothing())
            .execute()
        else
          await queries
            .deleteFrom('group_members')
            .where('group_id', '=', groupId)
            .where('user_id', '=', userId)
            .where('source', '=', 'local')
            .execute()
        return 'changed'
      }),
  }
}
