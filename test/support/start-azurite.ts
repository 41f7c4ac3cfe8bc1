import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { toolPath } from '../tools/find-tools.ts'
import type { ObjectServer } from './object-server.ts'
import { freePort } from './start-berth.ts'
import { untilListening } from './until-listening.ts'

const ACCOUNT = 'devstoreaccount1'
/** Azurite's own, of its documentation: no secret. */
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** Azure Blob Storage, emulated in memory. */
export async function startAzurite(): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-azurite-'))
  const port = freePort()
  const log = Bun.file(join(folder, 'log'))
  const child = Bun.spawn(
    [
      toolPath('azurite-blob'),
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--inMemoryPersistence', '--silent'],
      ...['--skipApiVersionCheck', '--disableTelemetry'],
    ],
    { cwd: folder, stdin: 'ignore', stdout: log, stderr: log },
  )
  await untilListening(port)
  const account = `http://127.0.0.1:${port}/${ACCOUNT}`
  const service = new BlobServiceClient(account, new StorageSharedKeyCredential(ACCOUNT, KEY))
  let containers = 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    credentials: { AZURE_STORAGE_KEY: KEY },
    async createBucket(endpoint = `http://127.0.0.1:${port}`) {
      const name = `berth-${++containers}`
      await service.getContainerClient(name).create()
      return `azblob://${name}/registry?account=${ACCOUNT}&endpoint=${encodeURIComponent(`${endpoint}/${ACCOUNT}`)}`
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
