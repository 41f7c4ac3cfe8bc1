import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { insertCredential, type NewCredential } from './credentials.ts'

export interface Rotation {
  /** The one that is replaced: valid now, and of the owner of the one that replaces it. */
  readonly id: string
  readonly replacement: NewCredential
  /** When the one that is replaced ends; never later than it would have. */
  readonly oldExpiresAt: number
  readonly now: number
}

export interface CredentialRotation {
  /** False when there is no such credential, or it ended. The same transaction adds one and ends the other; durable. */
  rotate(rotation: Rotation, record?: Recording<boolean>): Promise<boolean>
}

export function createCredentialRotation(engine: Engine): CredentialRotation {
  return {
    rotate: ({ id, replacement, oldExpiresAt, now }, record) =>
      recordedWrite(engine, record, async queries => {
        const { owner, kind } = replacement
        const old = await queries
          .selectFrom('credentials')
          .select('expires_at')
          .where('id', '=', id)
          .where('kind', '=', kind)
          .where('owner_kind', '=', owner.kind)
          .where('owner_id', '=', owner.id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        if (!old || (old.expires_at !== null && old.expires_at <= now)) return false
        await queries
          .updateTable('credentials')
          .set({ expires_at: Math.min(oldExpiresAt, old.expires_at ?? oldExpiresAt) })
          .where('id', '=', id)
          .execute()
        await insertCredential(queries, replacement)
        return true
      }),
  }
}
