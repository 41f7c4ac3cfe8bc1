import { DefaultAzureCredential } from '@azure/identity'
import {
  BlobSASPermissions,
  BlobServiceClient,
  type ContainerClient,
  generateBlobSASQueryParameters,
  RestError,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { Unavailable } from '../../../platform/outcome/index.ts'
import type { Bucket } from '../objects/index.ts'
import { fromNodeStream } from '../objects/node-stream.ts'

/** A block of a block blob may have any size; smaller ones than this only make more requests. */
const LEAST_PART_BYTES = 5 << 20
const TRIES = 5
/** An address is signed from a little earlier, for clocks that are not alike. */
const SKEW_MS = 300_000

export interface AzureOptions {
  readonly account: string
  readonly bucket: string
  readonly prefix: string
  readonly endpoint?: string | undefined
  /** For one request to be answered. */
  readonly timeoutMs: number
  /** AZURE_STORAGE_CONNECTION_STRING and AZURE_STORAGE_KEY; without them, the identity of the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A container of Azure Blob Storage; objects are block blobs, and parts their blocks. */
export function azureBucket(options: AzureOptions): Bucket {
  const { service, container } = connect(options)
  const ask = <Result>(work: (signal: AbortSignal) => Promise<Result>) =>
    told(work(AbortSignal.timeout(limitOf(options))))
  const blob = (key: string) => container.getBlockBlobClient(key)
  return {
    place: `azblob://${options.bucket}/${options.prefix}`,
    silenceMs: options.timeoutMs,
    leastPartBytes: LEAST_PART_BYTES,
    async put(key, bytes) {
      await ask(abortSignal => blob(key).upload(bytes, bytes.length, { abortSignal }))
    },
    async get(key, range) {
      // Not under the time limit of a request: the body is read for as long as the client takes.
      const offset = range?.from ?? 0
      const found = await orAbsent(
        blob(key).download(offset, range && range.to - range.from + 1, { maxRetryRequests: 0 }),
      )
      if (!found) return undefined
      const { contentRange, contentLength, readableStreamBody } = found
      const sizeBytes = contentRange === undefined ? contentLength : Number(contentRange.split('/')[1])
      if (sizeBytes === undefined || !readableStreamBody) throw new Unavailable(`Azure gave ${key} without its length.`)
      return { sizeBytes, stream: fromNodeStream(readableStreamBody) }
    },
    size: async key =>
      (await orAbsent(blob(key).getProperties({ abortSignal: AbortSignal.timeout(limitOf(options)) })))?.contentLength,
    async remove(key) {
      await orAbsent(blob(key).delete({ abortSignal: AbortSignal.timeout(limitOf(options)) }))
    },
    async *list(prefix) {
      try {
        for await (const { name, properties } of container.listBlobsFlat({ prefix })) {
          yield { key: name, sizeBytes: properties.contentLength ?? 0, modifiedAt: properties.lastModified.getTime() }
        }
      } catch (error) {
        throw translate(error)
      }
    },
    // The blocks of a blob need no beginning; their names are of this undertaking only.
    beginParts: async () => crypto.randomUUID(),
    async putPart({ key }, _number, bytes) {
      // Never a name twice: blocks that a request thought dead sends late are in no list. All names have one length.
      const name = Buffer.from(crypto.randomUUID()).toString('base64')
      await ask(abortSignal => blob(key).stageBlock(name, bytes, bytes.length, { abortSignal }))
      return name
    },
    async completeParts({ key }, names) {
      await ask(abortSignal => blob(key).commitBlockList([...names], { abortSignal }))
    },
    // Blocks that no list names vanish by themselves after a week (Put Block, remarks).
    abortParts: async () => undefined,
    urlOf: (key, lifetimeSeconds) => told(signedUrl({ service, container, key, lifetimeSeconds })),
  }
}

function limitOf({ timeoutMs }: AzureOptions): number {
  return timeoutMs * TRIES
}

function connect(options: AzureOptions): { service: BlobServiceClient; container: ContainerClient } {
  const { AZURE_STORAGE_CONNECTION_STRING: text, AZURE_STORAGE_KEY: key } = options.environment
  const settings = {
    retryOptions: { maxTries: TRIES, tryTimeoutInMs: options.timeoutMs, retryDelayInMs: 200, maxRetryDelayInMs: 5000 },
  }
  const url = options.endpoint ?? `https://${options.account}.blob.core.windows.net`
  const service =
    text === undefined
      ? new BlobServiceClient(
          url,
          key === undefined ? new DefaultAzureCredential() : new StorageSharedKeyCredential(options.account, key),
          settings,
        )
      : BlobServiceClient.fromConnectionString(text, settings)
  return { service, container: service.getContainerClient(options.bucket) }
}

/** By the account's key, or, where Berth has an identity instead, by a key that Azure gives it for an hour. */
async function signedUrl({
  service,
  container,
  key,
  lifetimeSeconds,
}: {
  service: BlobServiceClient
  container: ContainerClient
  key: string
  lifetimeSeconds: number
}): Promise<string> {
  const startsOn = new Date(Date.now() - SKEW_MS)
  const expiresOn = new Date(Date.now() + lifetimeSeconds * 1000)
  const values = {
    containerName: container.containerName,
    blobName: key,
    permissions: BlobSASPermissions.parse('r'),
    contentType: 'application/octet-stream',
    protocol: service.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    startsOn,
    expiresOn,
  }
  const { credential } = service
  const signed =
    credential instanceof StorageSharedKeyCredential
      ? generateBlobSASQueryParameters(values, credential)
      : generateBlobSASQueryParameters(
          values,
          await service.getUserDelegationKey(startsOn, expiresOn),
          service.accountName,
        )
  return `${container.getBlobClient(key).url}?${signed}`
}

async function told<Result>(asking: Promise<Result>): Promise<Result> {
  try {
    return await asking
  } catch (error) {
    throw translate(error)
  }
}

async function orAbsent<Result>(asking: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asking
  } catch (error) {
    if (
      error instanceof RestError &&
      (error.code === 'BlobNotFound' || (error.statusCode === 404 && error.code === undefined))
    )
      return undefined
    throw translate(error)
  }
}

/** What the storage refuses (a container that is not there, no rights) stays what it is: to try again is no use. */
function translate(error: unknown): unknown {
  if (error instanceof Unavailable) return error
  const status = error instanceof RestError ? error.statusCode : undefined
  if (status !== undefined && status < 500 && status !== 429) return error
  const reason = error instanceof Error ? error.message || error.name : String(error)
  return new Unavailable(`The object storage cannot be used now: ${reason}`, { cause: error })
}
