import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'

export interface RoleRecord {
  readonly name: string
  readonly permissions: readonly string[]
}

export type RoleRemoved = 'removed' | 'unknown' | 'in use'

/** Roles beside the built-in ones. */
export interface Roles {
  list(): Promise<readonly RoleRecord[]>
  /** Creates or replaces it; durable. */
  put(role: RoleRecord & { readonly now: number }, record?: Recording<void>): Promise<void>
  /** `in use` while somebody has it; durable. */
  remove(name: string, record?: Recording<RoleRemoved>): Promise<RoleRemoved>
}

export function createRoles(engine: Engine): Roles {
  return {
    async list() {
      const rows = await engine.db.selectFrom('roles').select(['name', 'permissions']).orderBy('name').execute()
      return rows.map(({ name, permissions }) => ({ name, permissions: JSON.parse(permissions) }))
    },
    put: ({ name, permissions, now }, record) =>
      recordedWrite(engine, record, async queries => {
        const columns = { permissions: JSON.stringify(permissions) }
        await queries
          .insertInto('roles')
          .values({ name, ...columns, created_at: now })
          .onConflict(conflict => conflict.column('name').doUpdateSet(columns))
          .execute()
      }),
    remove: (name, record) =>
      recordedWrite<RoleRemoved>(engine, record, async queries => {
        const granted = await queries
          .selectFrom('grants')
          .select('id')
          .where('role', '=', name)
          .limit(1)
          .executeTakeFirst()
        if (granted) return 'in use'
        const { numDeletedRows } = await queries.deleteFrom('roles').where('name', '=', name).executeTakeFirst()
        return numDeletedRows > 0n ? 'removed' : 'unknown'
      }),
  }
}
