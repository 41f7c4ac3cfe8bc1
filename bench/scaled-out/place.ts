import { startPostgres } from '../../test/support/start-postgres.ts'
import { startVersitygw } from '../../test/support/start-versitygw.ts'
import type { S3Place } from '../registries.ts'

/** A PostgreSQL and an S3 server on this machine, for registries that keep nothing themselves. */
export interface Place extends AsyncDisposable {
  /** Settings of a Berth with a database and a bucket of its own; several that get the same ones are replicas. */
  berth(): Promise<Record<string, string>>
  database(): Promise<Record<string, string>>
  bucket(): Promise<S3Place>
}

export async function startPlace(): Promise<Place> {
  const stack = new AsyncDisposableStack()
  const postgres = stack.use(await startPostgres({ durable: true }))
  const s3 = stack.use(await startVersitygw({ manyParts: true }))
  const database = async () => ({ BERTH_DATABASE: await postgres.createDatabase() })
  return {
    database,
    berth: async () => ({ ...(await database()), ...s3.credentials, BERTH_BLOBS: await s3.createBucket() }),
    async bucket() {
      const address = new URL(await s3.createBucket())
      return { endpoint: s3.endpoint, bucket: address.hostname, credentials: s3.credentials }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
