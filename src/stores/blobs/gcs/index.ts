import { ApiError, type File, Storage } from '@google-cloud/storage'
import { Unavailable } from '../../../platform/outcome/index.ts'
import type { Bucket, PartsTarget } from '../objects/index.ts'
import { fromNodeStream } from '../objects/node-stream.ts'

/** Larger than of other stores: here each part is an object for a while. */
const LEAST_PART_BYTES = 8 << 20
/** https://cloud.google.com/storage/docs/composite-objects: so many sources make one object. */
const MOST_SOURCES = 32
const TRIES = 5
/** Every part and every step of putting them together. Below the upload's prefix, and no stored object's name. */
const PART = /\.part-/

export interface GcsOptions {
  readonly bucket: string
  readonly prefix: string
  readonly endpoint?: string | undefined
  readonly project?: string | undefined
  /** For one request to be answered. */
  readonly timeoutMs: number
}

/**
 * A bucket of Google Cloud Storage. Credentials are the application default ones. Parts are objects that are composed:
 * an upload session of the service would take one chunk at a time, and none of another size than it likes.
 */
export function gcsBucket(options: GcsOptions): Bucket {
  const storage = new Storage({
    ...(options.endpoint === undefined
      ? {}
      : // An emulator asks nobody who they are; a private endpoint of Google's does.
        { apiEndpoint: options.endpoint, useAuthWithCustomEndpoint: options.endpoint.startsWith('https:') }),
    ...(options.project === undefined ? {} : { projectId: options.project }),
    timeout: options.timeoutMs,
    retryOptions: {
      autoRetry: true,
      maxRetries: TRIES - 1,
      totalTimeout: (options.timeoutMs * TRIES) / 1000,
      idempotencyStrategy: 1,
    },
  })
  const bucket = storage.bucket(options.bucket)
  const file = (key: string) => bucket.file(key)
  const limited = <Result>(asking: Promise<Result>) => told(within(options.timeoutMs * TRIES, asking))
  const put = async (key: string, bytes: Uint8Array) => {
    await limited(
      file(key).save(Buffer.from(bytes), {
        resumable: false,
        validation: 'crc32c',
        contentType: 'application/octet-stream',
      }),
    )
  }
  const remove = async (key: string) => {
    await orAbsent(within(options.timeoutMs * TRIES, file(key).delete()))
  }
  const list = async function* (prefix: string) {
    let pageToken: string | undefined
    do {
      const [files, next] = await limited(
        bucket.getFiles({ prefix, autoPaginate: false, maxResults: 1000, ...(pageToken ? { pageToken } : {}) }),
      )
      for (const { name, metadata } of files) {
        yield { key: name, sizeBytes: Number(metadata.size ?? 0), modifiedAt: Date.parse(metadata.updated ?? '') }
      }
      pageToken = (next as { pageToken?: string } | null)?.pageToken
    } while (pageToken !== undefined)
  }
  const size = async (key: string) => {
    const found = await orAbsent(within(options.timeoutMs * TRIES, file(key).getMetadata()))
    return found && Number(found[0].size)
  }
  return {
    place: `gs://${options.bucket}/${options.prefix}`,
    silenceMs: options.timeoutMs,
    leastPartBytes: LEAST_PART_BYTES,
    put,
    async get(key, range) {
      const sizeBytes = await size(key)
      if (sizeBytes === undefined) return undefined
      const span = range ? { start: range.from, end: range.to } : {}
      return {
        sizeBytes,
        stream: fromNodeStream(file(key).createReadStream({ ...span, validation: false, decompress: false })),
      }
    },
    size,
    remove,
    list,
    beginParts: async () => crypto.randomUUID(),
    async putPart(target, number, bytes) {
      const key = `${target.key}.part-${String(number).padStart(5, '0')}-${crypto.randomUUID()}`
      await put(key, bytes)
      return key
    },
    async completeParts(target, names) {
      let level: readonly string[] = names
      for (let step = 0; level.length > MOST_SOURCES; step++) level = await composeLevel(target, level, step)
      await compose(level, target.key)
      await removeParts(target)
    },
    abortParts: removeParts,
    async urlOf(key, lifetimeSeconds) {
      const expires = Date.now() + lifetimeSeconds * 1000
      const [url] = await told(
        file(key).getSignedUrl({ version: 'v4', action: 'read', expires, responseType: 'application/octet-stream' }),
      )
      return url
    },
  }

  async function composeLevel(target: PartsTarget, sources: readonly string[], step: number): Promise<string[]> {
    const composed: string[] = []
    for (let from = 0; from < sources.length; from += MOST_SOURCES) {
      const key = `${target.key}.part-step${step}-${composed.length}-${crypto.randomUUID()}`
      await compose(sources.slice(from, from + MOST_SOURCES), key)
      composed.push(key)
    }
    return composed
  }

  async function compose(sources: readonly string[], key: string): Promise<void> {
    const files: File[] = sources.map(file)
    await limited(bucket.combine(files, file(key)))
  }

  /** When the object is whole nobody needs them; those that stay because this was cut off are removed with the upload. */
  async function removeParts({ key }: PartsTarget): Promise<void> {
    for await (const { key: part } of list(`${key}.part-`)) if (PART.test(part)) await remove(part)
  }
}

async function within<Result>(limitMs: number, asking: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Unavailable(`The object storage did not answer in ${limitMs} ms.`)),
    limitMs,
  )
  try {
    return await Promise.race([asking, promise])
  } finally {
    clearTimeout(timer)
  }
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
    if (error instanceof ApiError && error.code === 404) return undefined
    throw translate(error)
  }
}

/** What the storage refuses (a bucket that is not there, no rights) stays what it is: to try again is no use. */
function translate(error: unknown): unknown {
  if (error instanceof Unavailable) return error
  const status = error instanceof ApiError ? error.code : undefined
  if (status !== undefined && status < 500 && status !== 429 && status !== 408) return error
  const reason = error instanceof Error ? error.message || error.name : String(error)
  return new Unavailable(`The object storage cannot be used now: ${reason}`, { cause: error })
}
