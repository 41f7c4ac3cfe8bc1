import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock/index.ts'
import type { Engine } from './engine.ts'

/** ID tokens that count once, for all replicas. */
export interface UsedTokens {
  /**
   * True for the first who asks, false for everybody after; durable.
   * @param expiresAt milliseconds since the epoch; from then on the token is forgotten.
   */
  useOnce(issuer: string, tokenId: string, expiresAt: number): Promise<boolean>
}

const FORGET_EVERY_MS = 60_000

export function createUsedTokens(engine: Engine, clock: Clock): UsedTokens {
  let forgotAt = 0
  const forgetExpired = async () => {
    const now = clock()
    if (now - forgotAt < FORGET_EVERY_MS) return
    forgotAt = now
    await engine.write(
      async queries => {
        await queries.deleteFrom('used_tokens').where('expires_at', '<', now).execute()
      },
      { durable: false },
    )
  }
  return {
    async useOnce(issuer, tokenId, expiresAt) {
      await forgetExpired()
      const token = createHash('sha256').update(`${issuer}\0${tokenId}`).digest('hex')
      return engine.write(async queries => {
        const { numInsertedOrUpdatedRows } = await queries
          .insertInto('used_tokens')
          .values({ token, expires_at: expiresAt })
          .onConflict(conflict => conflict.column('token').doNothing())
          .executeTakeFirst()
        return numInsertedOrUpdatedRows === 1n
      })
    },
  }
}
