import { databaseSettings, onPostgres } from './database.ts'
import { blobsSettings } from './object-storage.ts'

/** The settings that say where the registry of a data folder keeps everything in this run. */
export async function storeSettings(dataFolder: string): Promise<Record<string, string>> {
  // Servers on one database seal their keys alike; on SQLite the key is a file in the data folder.
  const key: Record<string, string> = onPostgres ? { BERTH_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') } : {}
  return { ...(await databaseSettings(dataFolder)), ...(await blobsSettings(dataFolder)), ...key }
}
