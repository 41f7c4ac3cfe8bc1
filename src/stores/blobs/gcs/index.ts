import { createHash } from 'node:crypto'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { asking } from '../objects/asking.ts'
import type { Bucket, ListedObject, PartsTarget } from '../objects/index.ts'
import { patiently } from '../objects/patience.ts'
import { type GcsPlace, gcsClient, isEmulator } from './client.ts'
import { compose, isPart, partKey, partPrefix } from './compose.ts'
import { isAbsent, isPassing } from './faults.ts'

/** Composing has no least size; each part is an object of its own for a while, so they are not to be too many. */
const LEAST_PART_BYTES = 8 << 20
/** Requests at once, of those that there are many of. */
const AT_ONCE = 16

export interface GcsOptions extends GcsPlace {
  readonly bucket: string
  readonly prefix: string
}

/** A bucket of Google Cloud Storage. */
export function gcsBucket(options: GcsOptions): Bucket {
  const storage = gcsClient(options)
  const bucket = storage.bucket(options.bucket)
  const { timeoutMs } = options
  const asked = asking({ isAbsent, isPassing })
  type Attempt<Result> = (signal: AbortSignal) => Promise<Result>
  const told = <Result>(attempt: Attempt<Result>) => asked.told(patiently(attempt, timeoutMs, isPassing))
  const orAbsent = <Result>(attempt: Attempt<Result>) => asked.orAbsent(patiently(attempt, timeoutMs, isPassing))

  const put = async (key: string, bytes: Uint8Array) => {
    // Google compares it with what arrived. The SDK's own checksum takes ten times as long.
    const md5Hash = createHash('md5').update(bytes).digest('base64')
    const metadata = { contentType: 'application/octet-stream', md5Hash }
    await told(() =>
      bucket.file(key).save(bytes, { resumable: false, validation: false, timeout: timeoutMs, metadata }),
    )
  }

  const remove = async (key: string) => {
    await orAbsent(() => bucket.file(key).delete())
  }

  async function* list(prefix: string): AsyncGenerator<ListedObject> {
    let pageToken: string | undefined
    do {
      const query = { prefix, autoPaginate: false }
      const [files, next] = await told(() => bucket.getFiles({ ...query, ...(pageToken ? { pageToken } : {}) }))
      for (const { name, metadata } of files) {
        yield { key: name, sizeBytes: Number(metadata.size), modifiedAt: Date.parse(metadata.updated ?? '') }
      }
      pageToken = (next as { pageToken?: string } | undefined)?.pageToken
    } while (pageToken !== undefined)
  }

  const removeParts = async (target: PartsTarget) => {
    let under: Promise<void>[] = []
    for await (const { key } of list(partPrefix(target))) {
      if (!isPart(key)) continue
      under.push(remove(key))
      if (under.length < AT_ONCE) continue
      await Promise.all(under)
      under = []
    }
    await Promise.all(under)
  }

  return {
    place: `gs://${options.bucket}/${options.prefix}`,
    silenceMs: timeoutMs,
    leastPartBytes: LEAST_PART_BYTES,
    put,
    remove,
    list,
    /**
     * By the SDK's client for its credentials, and Bun's fetch: the SDK's own stream closes the connections of all
     * others when one is cancelled or fails.
     */
    async get(key, range) {
      const found = await orAbsent(signal =>
        storage.authClient.request<ReadableStream<Uint8Array<ArrayBuffer>>>({
          url: `${storage.baseUrl}/b/${options.bucket}/o/${encodeURIComponent(key)}?alt=media`,
          headers: range ? { range: `bytes=${range.from}-${range.to}` } : {},
          responseType: 'stream',
          fetchImplementation: fetch,
          signal,
        }),
      )
      if (!found) return undefined
      const length = found.headers.get('content-range')?.split('/')[1] ?? found.headers.get('content-length')
      if (!length) throw new Unavailable(`Google gave ${key} without its length.`)
      return { sizeBytes: Number(length), stream: found.data }
    },
    async size(key) {
      const found = await orAbsent(() => bucket.file(key).getMetadata())
      return found && Number(found[0].size)
    },
    beginParts: async () => `parts-${crypto.randomUUID().slice(0, 8)}`,
    async putPart(target, number, bytes) {
      const name = `${number}-${crypto.randomUUID().slice(0, 8)}`
      await put(partKey(target, name), bytes)
      return name
    },
    async completeParts(target, names) {
      const sources = names.map(name => partKey(target, name))
      await compose(target, sources, (from, to) => {
        const destination = bucket.file(to)
        destination.metadata = { contentType: 'application/octet-stream' }
        return told(() => bucket.combine([...from], destination))
      })
      await removeParts(target)
    },
    abortParts: removeParts,
    async urlOf(key, lifetimeSeconds) {
      if (isEmulator(options.endpoint))
        throw new Error('An emulator of Google Cloud Storage has no key to sign addresses with.')
      const expires = Date.now() + lifetimeSeconds * 1000
      const request = { version: 'v4', action: 'read', expires, responseType: 'application/octet-stream' } as const
      const [url] = await told(() => bucket.file(key).getSignedUrl(request))
      return url
    },
  }
}
