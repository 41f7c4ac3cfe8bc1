import type { Engine } from './engine.ts'

/** What an engine of the blob port writes down about the bytes of an upload; opaque here. */
export interface UploadNotes {
  load(id: string): Promise<string | undefined>
  /** Replaces `before`; false when it is not what is there, or when the upload is no more. */
  save(id: string, before: string | undefined, after: string): Promise<boolean>
}

export function createUploadNotes(engine: Engine): UploadNotes {
  const load = engine.prepare<{ id: string }, { progress: string | null }>((db, parameter) =>
    db.selectFrom('uploads').select('progress').where('id', '=', parameter('id')),
  )
  return {
    load: async id => (await load({ id }))[0]?.progress ?? undefined,
    save: (id, before, after) =>
      engine.write(
        async queries => {
          const { numUpdatedRows } = await queries
            .updateTable('uploads')
            .set({ progress: after })
            .where('id', '=', id)
            .where('progress', before === undefined ? 'is' : '=', before ?? null)
            .executeTakeFirst()
          return numUpdatedRows > 0n
        },
        // Lost with its database's last moments, the upload only begins anew.
        { durable: false },
      ),
  }
}
