import type { ObjectServer } from './object-server.ts'
import { startAzurite } from './start-azurite.ts'
import { startFakeGcs } from './start-fake-gcs.ts'
import { startVersitygw } from './start-versitygw.ts'

/** Where the servers of this run keep blobs: BERTH_TESTS_BLOBS=s3, azblob or gs; the data folder when absent. */
export const blobsIn = process.env.BERTH_TESTS_BLOBS

const STARTERS: Readonly<Record<string, () => Promise<ObjectServer>>> = {
  s3: startVersitygw,
  azblob: startAzurite,
  gs: startFakeGcs,
}

let server: Promise<ObjectServer> | undefined
const buckets = new Map<string, Promise<string>>()

/** The settings that give a data folder its own bucket; the same one each time, and none when blobs are in the folder. */
export async function blobsSettings(dataFolder: string): Promise<Record<string, string>> {
  if (blobsIn === undefined) return {}
  const start = STARTERS[blobsIn]
  if (!start) throw new Error(`BERTH_TESTS_BLOBS: expected ${Object.keys(STARTERS).join(', ')}, not "${blobsIn}".`)
  server ??= start()
  const { credentials } = await server
  const url = buckets.get(dataFolder) ?? server.then(running => running.createBucket())
  buckets.set(dataFolder, url)
  return { ...credentials, BERTH_BLOBS: await url }
}

/** Stops what was started for this process; called when its tests are over. */
export async function stopObjectStorage(): Promise<void> {
  if (server) await (await server)[Symbol.asyncDispose]()
  server = undefined
  buckets.clear()
}
