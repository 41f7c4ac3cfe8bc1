import type { Digest } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import { compiledOnce } from '../prepared.ts'

const insert = compiledOnce<{ readonly digest: Digest; readonly due_at: number }, never>((db, parameter) =>
  db
    .insertInto('inventories')
    .values({
      digest: parameter('digest'),
      state: 'waiting',
      due_at: parameter('due_at'),
      attempts: 0,
      layers: '[]',
      problems: '[]',
    })
    .onConflict(conflict => conflict.column('digest').doNothing()),
)

/** Puts an image that came into the line of those whose packages are to be read, unless they are known. */
export async function awaitInventory(queries: Queries, digest: Digest, now: number): Promise<void> {
  await insert(queries, { digest, due_at: now })
}
