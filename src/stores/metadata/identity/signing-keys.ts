import type { Engine } from '../engine.ts'

export interface SigningKeyRecord {
  /** `kid` of what it signs. */
  readonly id: string
  /** JSON Web Key, as JSON. */
  readonly publicKey: string
  /** Sealed. Undefined for one of another place, or retired long ago: it only verifies what is kept for years. */
  readonly privateKey: string | undefined
  readonly createdAt: number
  readonly retiredAt: number | undefined
}

export interface NewSigningKey extends Omit<SigningKeyRecord, 'retiredAt'> {
  readonly privateKey: string
}

/** The keys of all replicas; every one signs with the newest. */
export interface SigningKeys {
  /** Newest first, retired ones too. */
  list(): Promise<readonly SigningKeyRecord[]>
  /**
   * Adds the key and retires the others, when the newest one that is not retired is as old as the caller thinks
   * (undefined: none); durable. False when another replica was faster.
   */
  rotate(key: NewSigningKey, newest: string | undefined): Promise<boolean>
  /** Forgets the private half of keys that were retired before; the public one is kept, to verify old records. */
  forgetRetired(before: number): Promise<void>
}

export function createSigningKeys(engine: Engine): SigningKeys {
  return {
    async list() {
      const rows = await engine.db
        .selectFrom('signing_keys')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(row => ({
        id: row.id,
        publicKey: row.public_key,
        privateKey: row.private_key ?? undefined,
        createdAt: row.created_at,
        retiredAt: row.retired_at ?? undefined,
      }))
    },
    rotate: (key, newest) =>
      engine.write(async queries => {
        const current = await queries
          .selectFrom('signing_keys')
          .select('id')
          .where('retired_at', 'is', null)
          .where('private_key', 'is not', null)
          .orderBy('created_at', 'desc')
          .limit(1)
          .executeTakeFirst()
        if (current?.id !== newest) return false
        await queries
          .updateTable('signing_keys')
          .set({ retired_at: key.createdAt })
          .where('retired_at', 'is', null)
          .execute()
        await queries
          .insertInto('signing_keys')
          .values({ id: key.id, public_key: key.publicKey, private_key: key.privateKey, created_at: key.createdAt })
          .execute()
        return true
      }),
    forgetRetired: before =>
      engine.write(async queries => {
        await queries.updateTable('signing_keys').set({ private_key: null }).where('retired_at', '<', before).execute()
      }),
  }
}
