import { afterAll, beforeAll } from 'bun:test'
import type { ObjectServer } from '../../../../test/support/object-server.ts'
import { startVersitygw } from '../../../../test/support/start-versitygw.ts'
import { describeWithTools, needTool } from '../../../../test/tools/find-tools.ts'
import { blobStoreContract, progressInMemory } from '../blob-store.contract.ts'
import { bucketFaultsContract } from '../bucket-faults.contract.ts'
import { openObjectStores } from '../open.ts'

describeWithTools('storage', 'S3', [needTool('versitygw')], () => {
  let server: ObjectServer
  beforeAll(async () => {
    server = await startVersitygw()
    Object.assign(process.env, server.credentials)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  blobStoreContract('S3', async () => {
    const stores = await openObjectStores(await server.createBucket(), progressInMemory())
    return { ...stores, [Symbol.asyncDispose]: async () => undefined }
  })

  bucketFaultsContract('S3', startVersitygw)
})
