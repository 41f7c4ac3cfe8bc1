import { DefaultAzureCredential } from '@azure/identity'
import {
  type AnonymousCredential,
  BlobServiceClient,
  newPipeline,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { patience } from './patience.ts'

export interface AzureAccount {
  readonly account: string
  /** Where its blobs are, when that is not https://ACCOUNT.blob.core.windows.net. */
  readonly endpoint?: string | undefined
  /** For one request to be answered. */
  readonly timeoutMs: number
  /** AZURE_STORAGE_CONNECTION_STRING and AZURE_STORAGE_KEY; without them, the identity of the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * A client with what the environment has: AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, or else an identity (of
 * the workload, of the machine, of whoever is logged in) as all Azure tools find it.
 */
export function azureService({ account, endpoint, timeoutMs, environment }: AzureAccount): BlobServiceClient {
  const { AZURE_STORAGE_CONNECTION_STRING: connection, AZURE_STORAGE_KEY: key } = environment
  const client = (
    url: string,
    credential: StorageSharedKeyCredential | DefaultAzureCredential | AnonymousCredential,
  ) => {
    const pipeline = newPipeline(credential, { retryOptions: { maxTries: 1 } })
    pipeline.factories.push({ create: next => patience(next, timeoutMs) })
    return new BlobServiceClient(url, pipeline)
  }
  if (connection) {
    const named = BlobServiceClient.fromConnectionString(connection)
    if (named.accountName !== '' && named.accountName !== account) {
      throw new Error(
        `AZURE_STORAGE_CONNECTION_STRING is for the account ${named.accountName}, and blobs.url names ${account}.`,
      )
    }
    const { search } = new URL(named.url)
    return client(endpoint === undefined ? named.url : `${endpoint}${search}`, named.credential as AnonymousCredential)
  }
  const url = endpoint ?? `https://${account}.blob.core.windows.net`
  return client(url, key ? new StorageSharedKeyCredential(account, key) : new DefaultAzureCredential())
}
