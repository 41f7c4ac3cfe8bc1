import { afterAll, beforeAll } from 'bun:test'
import type { ObjectServer } from '../../../../test/support/object-server.ts'
import { startAzurite } from '../../../../test/support/start-azurite.ts'
import { describeWithTools, needTool } from '../../../../test/tools/find-tools.ts'
import { blobStoreContract, progressInMemory } from '../blob-store.contract.ts'
import { bucketFaultsContract } from '../bucket-faults.contract.ts'
import { openObjectStores } from '../open.ts'

describeWithTools('storage', 'Azure Blob Storage', [needTool('azurite-blob')], () => {
  let server: ObjectServer
  beforeAll(async () => {
    server = await startAzurite()
    Object.assign(process.env, server.credentials)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  blobStoreContract('Azure Blob Storage', async () => {
    const stores = await openObjectStores(await server.createBucket(), progressInMemory())
    return { ...stores, [Symbol.asyncDispose]: async () => undefined }
  })

  bucketFaultsContract('Azure Blob Storage', startAzurite)
})
