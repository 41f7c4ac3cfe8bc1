import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import type { IdentityState, SystemRole } from '../schema-identity.ts'
import { removeSubject } from './subjects.ts'

export interface User {
  readonly id: number
  readonly name: string
  /** `local`, or the name of the source that knows the password. */
  readonly source: string
  readonly displayName: string | undefined
  readonly email: string | undefined
  readonly systemRole: SystemRole | undefined
  readonly state: IdentityState
  readonly createdAt: number
  readonly signedInAt: number | undefined
}

export interface NewUser {
  readonly name: string
  readonly displayName?: string | undefined
  readonly email?: string | undefined
  readonly systemRole?: SystemRole | undefined
  /** PHC string. */
  readonly passwordHash?: string | undefined
  readonly now: number
}

export interface UserChange {
  readonly displayName?: string | null | undefined
  readonly email?: string | null | undefined
  readonly systemRole?: SystemRole | null | undefined
  readonly state?: IdentityState | undefined
  readonly passwordHash?: string | undefined
}

/** `last administrator`: refused, because nobody would be left to administer. */
export type UserChanged = 'changed' | 'unknown' | 'last administrator'

export interface Users {
  find(name: string): Promise<User | undefined>
  /** By name. */
  list(page: { after?: string | undefined; limit: number }): Promise<readonly User[]>
  /** A local user. Undefined when the name is taken; durable. */
  create(user: NewUser, record?: Recording<User | undefined>): Promise<User | undefined>
  /** A new password or a disabled account ends the user's sessions; durable. */
  update(name: string, change: UserChange, record?: Recording<UserChanged>): Promise<UserChanged>
  /** Removes the user with memberships, grants and tokens; durable. */
  remove(name: string, record?: Recording<UserChanged>): Promise<UserChanged>
}

const COLUMNS = [
  'id',
  'name',
  'source',
  'display_name',
  'email',
  'system_role',
  'state',
  'created_at',
  'signed_in_at',
] as const

export function createUsers(engine: Engine): Users {
  return {
    find: name => findUser(engine.db, name),
    async list({ after = '', limit }) {
      const rows = await engine.db
        .selectFrom('users')
        .select(COLUMNS)
        .where('name', '>', after)
        .orderBy('name')
        .limit(limit)
        .execute()
      return rows.map(userOf)
    },
    create: (user, record) => recordedWrite(engine, record, queries => insertUser(queries, user)),
    update: (name, change, record) =>
      recordedWrite(engine, record, async queries => {
        const user = await findUser(queries, name)
        if (!user) return 'unknown'
        const { systemRole, state, passwordHash } = change
        const steps = (systemRole !== undefined && systemRole !== 'administrator') || state === 'disabled'
        if (steps && (await isLastAdministrator(queries, user))) return 'last administrator'
        const columns = columnsOf(change)
        if (Object.keys(columns).length > 0)
          await queries.updateTable('users').set(columns).where('id', '=', user.id).execute()
        if (passwordHash !== undefined || state === 'disabled') await endSessions(queries, user.id)
        return 'changed'
      }),
    remove: (name, record) =>
      recordedWrite(engine, record, async queries => {
        const user = await findUser(queries, name)
        if (!user) return 'unknown'
        if (await isLastAdministrator(queries, user)) return 'last administrator'
        await removeSubject(queries, { kind: 'user', id: user.id })
        await queries.deleteFrom('group_members').where('user_id', '=', user.id).execute()
        await queries.deleteFrom('break_glass').where('user_id', '=', user.id).execute()
        await queries.deleteFrom('users').where('id', '=', user.id).execute()
        return 'changed'
      }),
  }
}

export async function findUser(queries: Queries, name: string): Promise<User | undefined> {
  const row = await queries.selectFrom('users').select(COLUMNS).where('name', '=', name).executeTakeFirst()
  return row && userOf(row)
}

export async function insertUser(queries: Queries, user: NewUser): Promise<User | undefined> {
  const row = await queries
    .insertInto('users')
    .values({
      name: user.name,
      source: 'local',
      display_name: user.displayName ?? null,
      email: user.email ?? null,
      password_hash: user.passwordHash ?? null,
      system_role: user.systemRole ?? null,
      state: 'active',
      created_at: user.now,
    })
    .onConflict(conflict => conflict.column('name').doNothing())
    .returning(COLUMNS)
    .executeTakeFirst()
  return row && userOf(row)
}

function columnsOf({ displayName, email, systemRole, state, passwordHash }: UserChange) {
  return {
    ...(displayName === undefined ? {} : { display_name: displayName }),
    ...(email === undefined ? {} : { email }),
    ...(systemRole === undefined ? {} : { system_role: systemRole }),
    ...(state === undefined ? {} : { state }),
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
  }
}

async function isLastAdministrator(queries: Queries, user: User): Promise<boolean> {
  if (user.systemRole !== 'administrator' || user.state !== 'active') return false
  const other = await queries
    .selectFrom('users')
    .select('id')
    .where('system_role', '=', 'administrator')
    .where('state', '=', 'active')
    .where('id', '!=', user.id)
    .limit(1)
    .executeTakeFirst()
  return other === undefined
}

async function endSessions(queries: Queries, id: number): Promise<void> {
  await queries
    .deleteFrom('credentials')
    .where('owner_kind', '=', 'user')
    .where('owner_id', '=', id)
    .where('kind', 'in', ['refresh', 'session'])
    .execute()
}

function userOf(row: {
  id: number
  name: string
  source: string
  display_name: string | null
  email: string | null
  system_role: SystemRole | null
  state: IdentityState
  created_at: number
  signed_in_at: number | null
}): User {
  return {
    id: row.id,
    name: row.name,
    source: row.source,
    displayName: row.display_name ?? undefined,
    email: row.email ?? undefined,
    systemRole: row.system_role ?? undefined,
    state: row.state,
    createdAt: row.created_at,
    signedInAt: row.signed_in_at ?? undefined,
  }
}
