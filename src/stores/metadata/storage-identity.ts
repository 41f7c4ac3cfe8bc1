import type { Engine } from './engine.ts'

/** Ties a database to the storage whose objects it records. */
export interface StorageIdentity {
  /** The storage's id; undefined when the database is tied to none yet. */
  find(): Promise<string | undefined>
  /** Ties it, unless it is tied already, and gives the id it is tied to; durable. */
  tie(id: string): Promise<string>
  /** Is no blob recorded yet? */
  isFresh(): Promise<boolean>
}

export function createStorageIdentity(engine: Engine): StorageIdentity {
  const find = async () => (await engine.db.selectFrom('storage').select('id').executeTakeFirst())?.id
  return {
    find,
    tie: id =>
      engine.write(async queries => {
        await queries
          .insertInto('storage')
          .values({ one: 1, id })
          .onConflict(conflict => conflict.column('one').doNothing())
          .execute()
        return (await queries.selectFrom('storage').select('id').executeTakeFirstOrThrow()).id
      }),
    isFresh: async () =>
      (await engine.db.selectFrom('blobs').select('digest').limit(1).executeTakeFirst()) === undefined,
  }
}
