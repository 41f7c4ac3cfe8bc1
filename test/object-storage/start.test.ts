import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import type { ObjectServer } from '../support/object-server.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { freePort, startBerth } from '../support/start-berth.ts'
import { startVersitygw } from '../support/start-versitygw.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'

describeWithTools('storage', 'a server with object storage', [needTool('versitygw')], () => {
  let server: ObjectServer
  let folder: string
  beforeAll(async () => {
    server = await startVersitygw()
    folder = await mkdtemp(join(tmpdir(), 'berth-object-storage-'))
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const refusal = async (env: Readonly<Record<string, string>>) => {
    const data = join(folder, crypto.randomUUID())
    const { code, stderr } = await berthCommand(data, ['serve'], {
      BERTH_LISTEN: `127.0.0.1:${freePort()}`,
      ...server.credentials,
      ...env,
    })
    return { code, stderr }
  }

  test('says what is wrong with its storage, and does not start', async () => {
    const bucket = await server.createBucket()
    const nowhere = bucket.replace(/s3:\/\/[^/]+/, 's3://berth-none')
    expect(await refusal({ BERTH_BLOBS: nowhere })).toEqual({ code: 2, stderr: expect.stringContaining('berth-none') })
    expect(await refusal({ BERTH_BLOBS: bucket, AWS_SECRET_ACCESS_KEY: 'wrong' })).toEqual({
      code: 2,
      stderr: expect.stringMatching(/cannot be used: .*[Ss]ignature/),
    })
    const unreachable = `s3://images?endpoint=${encodeURIComponent('http://127.0.0.1:1')}&timeoutSeconds=1`
    expect(await refusal({ BERTH_BLOBS: unreachable })).toEqual({
      code: 2,
      stderr: expect.stringContaining('object storage cannot be used now'),
    })
  })

  test('does not start on the storage of another registry', async () => {
    const bucket = await server.createBucket()
    const env = { ...server.credentials, BERTH_BLOBS: bucket }
    const first = join(folder, 'first')
    {
      await using berth = await startBerth({ dataFolder: first, env })
      expect(await registryClient(berth.url).pushBlob('mine/app', blobOf('mine'))).toBe(201)
    }
    expect(await refusal({ BERTH_BLOBS: bucket })).toEqual({
      code: 2,
      stderr: expect.stringContaining('correct the settings of the database or of the storage'),
    })
    await using again = await startBerth({ dataFolder: first, env })
    expect(await registryClient(again.url).get('mine/app', 'blobs', blobOf('mine').digest)).toEqual(
      blobOf('mine').bytes,
    )
  })
})
