import { databaseSettings } from './database.ts'
import { blobsSettings } from './object-storage.ts'

/** The settings that say where the registry of a data folder keeps everything in this run. */
export async function storeSettings(dataFolder: string): Promise<Record<string, string>> {
  return { ...(await databaseSettings(dataFolder)), ...(await blobsSettings(dataFolder)) }
}
