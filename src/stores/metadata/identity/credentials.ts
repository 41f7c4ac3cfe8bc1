import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import type { CredentialKind } from '../schema-identity.ts'

export interface CredentialOwner {
  readonly kind: 'user' | 'robot'
  readonly id: number
}

/** Repositories, as a glob, and what may be done there. */
export interface CredentialScope {
  readonly repositories: string
  readonly permissions: readonly string[]
}

/** A random secret that stands for its owner; only its hash is kept. */
export interface Credential {
  readonly id: string
  readonly kind: CredentialKind
  readonly owner: CredentialOwner
  readonly name: string
  /** Undefined: whatever the owner may do. */
  readonly scope: readonly CredentialScope[] | undefined
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly usedAt: number | undefined
  readonly revokedAt: number | undefined
}

export type NewCredential = Omit<Credential, 'usedAt' | 'revokedAt'> & {
  /** SHA-256 in hexadecimal. */
  readonly secretHash: string
}

export interface Credentials {
  /** @param secretHash SHA-256 in hexadecimal. Gives revoked and expired ones too. */
  find(secretHash: string): Promise<Credential | undefined>
  byId(id: string): Promise<Credential | undefined>
  /** Durable. */
  create(credential: NewCredential, record?: Recording<void>): Promise<void>
  /** Newest first; without sessions. */
  list(owner: CredentialOwner): Promise<readonly Credential[]>
  /** Only one of this owner; durable. */
  revoke(credential: { id: string; owner: CredentialOwner; now: number }, record?: Recording<boolean>): Promise<boolean>
}

export interface CredentialUpkeep {
  /** Not durable: it is only shown. */
  used(uses: ReadonlyMap<string, number>): Promise<void>
  /** Removes what ended before. */
  removeEnded(before: number): Promise<number>
}

export function createCredentials(engine: Engine): Credentials & CredentialUpkeep {
  const byHash = engine.prepare<{ hash: string }, Row>(
    (db, parameter) => db.selectFrom('credentials').selectAll().where('secret_hash', '=', parameter('hash')),
    { hot: true },
  )
  const byId = engine.prepare<{ id: string }, Row>(
    (db, parameter) => db.selectFrom('credentials').selectAll().where('id', '=', parameter('id')),
    { hot: true },
  )
  return {
    async find(hash) {
      const row = (await byHash({ hash }))[0]
      return row && credentialOf(row)
    },
    async byId(id) {
      const row = (await byId({ id }))[0]
      return row && credentialOf(row)
    },
    create: (credential, record) => recordedWrite(engine, record, queries => insertCredential(queries, credential)),
    async list(owner) {
      const rows = await engine.db
        .selectFrom('credentials')
        .selectAll()
        .where('owner_kind', '=', owner.kind)
        .where('owner_id', '=', owner.id)
        .where('kind', 'in', ['personal', 'robot'])
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(credentialOf)
    },
    revoke: ({ id, owner, now }, record) =>
      recordedWrite(engine, record, async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('credentials')
          .set({ revoked_at: now })
          .where('id', '=', id)
          .where('owner_kind', '=', owner.kind)
          .where('owner_id', '=', owner.id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    used: uses =>
      engine.write(
        async queries => {
          for (const [id, at] of uses)
            await queries.updateTable('credentials').set({ used_at: at }).where('id', '=', id).execute()
        },
        { durable: false },
      ),
    removeEnded: before =>
      engine.write(async queries => {
        const { numDeletedRows } = await queries
          .deleteFrom('credentials')
          .where(where => where.or([where('expires_at', '<', before), where('revoked_at', '<', before)]))
          .executeTakeFirst()
        return Number(numDeletedRows)
      }),
  }
}

export async function insertCredential(
  queries: Queries,
  { id, kind, owner, name, secretHash, scope, createdAt, expiresAt }: NewCredential,
): Promise<void> {
  await queries
    .insertInto('credentials')
    .values({
      id,
      kind,
      owner_kind: owner.kind,
      owner_id: owner.id,
      name,
      secret_hash: secretHash,
      scope: scope ? JSON.stringify(scope) : null,
      created_at: createdAt,
      expires_at: expiresAt ?? null,
    })
    .execute()
}

interface Row {
  readonly id: string
  readonly kind: CredentialKind
  readonly owner_kind: 'user' | 'robot'
  readonly owner_id: number
  readonly name: string
  readonly scope: string | null
  readonly created_at: number
  readonly expires_at: number | null
  readonly used_at: number | null
  readonly revoked_at: number | null
}

function credentialOf(row: Row): Credential {
  return {
    id: row.id,
    kind: row.kind,
    owner: { kind: row.owner_kind, id: row.owner_id },
    name: row.name,
    scope: row.scope === null ? undefined : JSON.parse(row.scope),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    usedAt: row.used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}
