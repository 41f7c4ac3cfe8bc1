import { afterAll, beforeAll } from 'bun:test'
import type { ObjectServer } from '../../../../test/support/object-server.ts'
import { startFakeGcs } from '../../../../test/support/start-fake-gcs.ts'
import { describeWithTools, needTool } from '../../../../test/tools/find-tools.ts'
import { blobStoreContract, progressInMemory } from '../blob-store.contract.ts'
import { bucketFaultsContract } from '../bucket-faults.contract.ts'
import { openObjectStores } from '../open.ts'

describeWithTools('storage', 'Google Cloud Storage', [needTool('fake-gcs-server')], () => {
  let server: ObjectServer
  beforeAll(async () => {
    server = await startFakeGcs()
    Object.assign(process.env, server.credentials)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  blobStoreContract('Google Cloud Storage', async () => {
    const stores = await openObjectStores(await server.createBucket(), progressInMemory())
    return { ...stores, [Symbol.asyncDispose]: async () => undefined }
  })

  bucketFaultsContract('Google Cloud Storage', startFakeGcs)
})
