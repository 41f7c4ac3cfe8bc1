import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock/index.ts'
import type { Engine } from './engine.ts'

/** Sign-ons between their two halves, for all replicas. Who holds the key of one is who began it. */
export interface PendingSignOns {
  /** @param key a secret of whoever began it; only its hash is stored. @param expiresAt milliseconds since the epoch. */
  keep(key: string, content: string, expiresAt: number): Promise<void>
  /** Stays until it is taken; undefined when there is none, or it has expired. */
  find(key: string): Promise<string | undefined>
  /** Gives it to the first who asks, and to nobody after. */
  take(key: string): Promise<string | undefined>
}

export function createPendingSignOns(engine: Engine, clock: Clock): PendingSignOns {
  const forgettable = { durable: false }
  return {
    keep: (key, content, expiresAt) =>
      engine.write(async queries => {
        await queries.deleteFrom('pending_sign_ons').where('expires_at', '<', clock()).execute()
        await queries
          .insertInto('pending_sign_ons')
          .values({ id: hashOf(key), content, expires_at: expiresAt })
          .execute()
      }, forgettable),
    async find(key) {
      const row = await engine.db
        .selectFrom('pending_sign_ons')
        .select('content')
        .where('id', '=', hashOf(key))
        .where('expires_at', '>=', clock())
        .executeTakeFirst()
      return row?.content
    },
    take: key =>
      engine.write(async queries => {
        const row = await queries
          .deleteFrom('pending_sign_ons')
          .where('id', '=', hashOf(key))
          .returning(['content', 'expires_at'])
          .executeTakeFirst()
        return row && row.expires_at >= clock() ? row.content : undefined
      }, forgettable),
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
