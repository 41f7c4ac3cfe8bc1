import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { type BlobDownloadResponseParsed, isRestError, type RestError } from '@azure/storage-blob'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { asking } from '../objects/asking.ts'
import type { Bucket } from '../objects/index.ts'
import { fromNodeStream } from '../objects/node-stream.ts'
import { type AzureAccount, azureService } from './credentials.ts'
import { Links } from './links.ts'
import { isPassing } from './patience.ts'

/** Azure has no least size; above 4 MiB a block takes its faster way, and fewer blocks are fewer requests. */
const LEAST_PART_BYTES = 8 << 20

export interface AzureOptions extends AzureAccount {
  /** The container. */
  readonly bucket: string
  readonly prefix: string
}

/** A container of Azure Blob Storage; objects are block blobs. */
export function azureBucket(options: AzureOptions): Bucket {
  const service = azureService(options)
  const container = service.getContainerClient(options.bucket)
  const links = new Links(service, options.bucket)
  const blobAt = (key: string) => container.getBlockBlobClient(key)
  return {
    place: `azblob://${options.bucket}/${options.prefix}`,
    silenceMs: options.timeoutMs,
    leastPartBytes: LEAST_PART_BYTES,
    async put(key, bytes) {
      const blobHTTPHeaders = { blobContentType: 'application/octet-stream' }
      // Its sum is compared with what arrived.
      await told(blobAt(key).upload(bytes, bytes.length, { blobHTTPHeaders, transactionalContentMD5: md5(bytes) }))
    },
    async get(key, range) {
      const { from = 0, to } = range ?? {}
      const count = to === undefined ? undefined : to - from + 1
      // Whoever reads goes on by himself where a stream broke off.
      const found = await orAbsent(blobAt(key).download(from, count, { maxRetryRequests: 0 }))
      return (
        found && { sizeBytes: wholeSizeOf(key, found), stream: fromNodeStream(found.readableStreamBody as Readable) }
      )
    },
    async size(key) {
      return (await orAbsent(blobAt(key).getProperties()))?.contentLength
    },
    async remove(key) {
      await orAbsent(blobAt(key).delete({ deleteSnapshots: 'include' }))
    },
    async *list(prefix) {
      const pages = container.listBlobsFlat({ prefix }).byPage()
      for (let page = await told(pages.next()); !page.done; page = await told(pages.next())) {
        for (const { name, properties } of page.value.segment.blobItems) {
          yield { key: name, sizeBytes: properties.contentLength ?? 0, modifiedAt: properties.lastModified.getTime() }
        }
      }
    },
    // Blocks lie with the blob's name, and no name is used twice.
    beginParts: async () => 'blocks',
    async putPart({ key }, _number, bytes) {
      // All names must be of one length. A request that was thought dead has another name, which nobody commits.
      const name = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64')
      await told(blobAt(key).stageBlock(name, bytes, bytes.length, { transactionalContentMD5: md5(bytes) }))
      return name
    },
    async completeParts({ key }, names) {
      const blobHTTPHeaders = { blobContentType: 'application/octet-stream' }
      await told(blobAt(key).commitBlockList([...names], { blobHTTPHeaders }))
    },
    // There is no request for it: Azure drops blocks that nobody committed after a week.
    abortParts: async () => undefined,
    urlOf: (key, lifetimeSeconds) => told(links.urlOf(key, lifetimeSeconds)),
  }
}

function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest()
}

function wholeSizeOf(key: string, { contentRange, contentLength }: BlobDownloadResponseParsed): number {
  const sizeBytes = contentRange === undefined ? contentLength : Number(contentRange.split('/')[1])
  if (sizeBytes === undefined) throw new Unavailable(`Azure gave ${key} without its length.`)
  return sizeBytes
}

const { told, orAbsent } = asking({
  isAbsent: error => isRestError(error) && error.statusCode === 404 && codeOf(error) === 'BlobNotFound',
  isPassing,
})

/** An answer to HEAD has its code in a header only, which the SDK leaves among the details. */
function codeOf({ code, details }: RestError): string | undefined {
  return code ?? (details as { errorCode?: string } | undefined)?.errorCode
}
