import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import type { SystemRole } from '../schema-identity.ts'
import { insertUser, type NewUser } from './users.ts'

/** What another source said of somebody who just proved to be it. */
export interface ExternalSignIn {
  readonly source: string
  readonly subject: string
  readonly name: string
  readonly displayName?: string | undefined
  readonly email?: string | undefined
  /** All of them: others that this source gave before are taken away. */
  readonly groups: readonly string[]
  /** Undefined takes away what this source gave before. */
  readonly systemRole: SystemRole | undefined
  readonly now: number
}

export interface SignIns {
  /** Undefined: no user of that name. `hash`, a PHC string, is undefined for users of other sources. */
  password(name: string): Promise<{ readonly id: number; readonly hash: string | undefined } | undefined>
  /** When each user signed in last. Not durable: it is only shown. */
  signedIn(users: ReadonlyMap<number, number>): Promise<void>
  /** Creates the user when there is no user at all, as the first start does; of several that try, one does. */
  createFirst(user: NewUser, record?: Recording<boolean>): Promise<boolean>
  /** Creates or updates the user; `name taken` when another source, or a local user, has the name. Durable. */
  external(signIn: ExternalSignIn): Promise<{ readonly id: number; readonly name: string } | 'name taken'>
  /**
   * Takes away the groups and the system role of somebody whom the source does not let in any more; the account, if there
   * is one, stays. Durable.
   */
  exclude(identity: Pick<ExternalSignIn, 'source' | 'subject'>): Promise<void>
}

const SAME_MS = 60_000

export function createSignIns(engine: Engine): SignIns {
  const password = engine.prepare<{ name: string }, { id: number; password_hash: string | null }>(
    (db, parameter) => db.selectFrom('users').select(['id', 'password_hash']).where('name', '=', parameter('name')),
    { hot: true },
  )
  return {
    async password(name) {
      const row = (await password({ name }))[0]
      return row && { id: row.id, hash: row.password_hash ?? undefined }
    },
    signedIn: users =>
      engine.write(
        async queries => {
          for (const [id, at] of users)
            await queries.updateTable('users').set({ signed_in_at: at }).where('id', '=', id).execute()
        },
        { durable: false },
      ),
    createFirst: (user, record) =>
      recordedWrite(engine, record, async queries => {
        const any = await queries.selectFrom('users').select('id').limit(1).executeTakeFirst()
        return any === undefined && (await insertUser(queries, user)) !== undefined
      }),
    external: async signIn =>
      (await sameAsBefore(engine.db, signIn)) ?? engine.write(queries => signInFrom(queries, signIn)),
    exclude: identity => engine.write(queries => excludeFrom(queries, identity)),
  }
}

/**
 * A client that sends a password, or shows a certificate, does so with every request. So whoever signed in within a minute
 * and is still the same is only looked up; undefined for everybody else.
 */
async function sameAsBefore(queries: Queries, { source, subject, groups, now, ...signIn }: ExternalSignIn) {
  const user = await queries
    .selectFrom('users')
    .select(['id', 'name', 'display_name', 'email', 'system_role', 'signed_in_at'])
    .where('source', '=', source)
    .where('subject', '=', subject)
    .executeTakeFirst()
  if (!user || user.signed_in_at === null || Math.abs(now - user.signed_in_at) >= SAME_MS) return undefined
  const isSame =
    user.display_name === (signIn.displayName ?? null) &&
    user.email === (signIn.email ?? null) &&
    user.system_role === (signIn.systemRole ?? null)
  if (!isSame) return undefined
  const memberships = await queries
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select('groups.name')
    .where('group_members.user_id', '=', user.id)
    .where('group_members.source', '=', source)
    .execute()
  const [before, after] = [new Set(memberships.map(({ name }) => name)), new Set(groups)]
  const isMember = before.size === after.size && [...after].every(group => before.has(group))
  return isMember ? { id: user.id, name: user.name } : undefined
}

async function signInFrom(queries: Queries, signIn: ExternalSignIn) {
  const { source, subject, now } = signIn
  const columns = {
    display_name: signIn.displayName ?? null,
    email: signIn.email ?? null,
    system_role: signIn.systemRole ?? null,
    signed_in_at: now,
  }
  const known = await queries
    .selectFrom('users')
    .select(['id', 'name'])
    .where('source', '=', source)
    .where('subject', '=', subject)
    .executeTakeFirst()
  const user =
    known ??
    (await queries
      .insertInto('users')
      .values({ name: signIn.name, source, subject, state: 'active', created_at: now, ...columns })
      .onConflict(conflict => conflict.column('name').doNothing())
      .returning(['id', 'name'])
      .executeTakeFirst())
  if (!user) return 'name taken' as const
  if (known) await queries.updateTable('users').set(columns).where('id', '=', known.id).execute()
  await replaceGroups(queries, user.id, signIn)
  return user
}

async function excludeFrom(queries: Queries, { source, subject }: Pick<ExternalSignIn, 'source' | 'subject'>) {
  const excluded = await queries
    .updateTable('users')
    .set({ system_role: null })
    .where('source', '=', source)
    .where('subject', '=', subject)
    .returning('id')
    .executeTakeFirst()
  if (excluded)
    await queries.deleteFrom('group_members').where('user_id', '=', excluded.id).where('source', '=', source).execute()
}

/** Replaced and not added to: a group that the source took somebody out of counts no more (CVE-2025-23208). */
async function replaceGroups(queries: Queries, userId: number, { source, groups, now }: ExternalSignIn) {
  await queries.deleteFrom('group_members').where('user_id', '=', userId).where('source', '=', source).execute()
  for (const name of new Set(groups)) {
    const { id } = await queries
      .insertInto('groups')
      .values({ name, created_at: now })
      .onConflict(conflict => conflict.column('name').doUpdateSet({ name }))
      .returning('id')
      .executeTakeFirstOrThrow()
    await queries.insertInto('group_members').values({ group_id: id, user_id: userId, source }).execute()
  }
}
