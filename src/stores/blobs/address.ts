import { z } from 'zod'

/** What the setting `blobs.url` says, taken apart. */
export type BlobsAddress =
  | ({ readonly kind: 's3' } & z.output<typeof s3Parameters> & Place)
  | ({ readonly kind: 'azblob' } & z.output<typeof azureParameters> & Place)
  | ({ readonly kind: 'gs' } & z.output<typeof gcsParameters> & Place)

interface Place {
  /** Bucket or container. */
  readonly bucket: string
  /** "" or one that ends in "/". */
  readonly prefix: string
}

export class BlobsAddressError extends Error {
  override readonly name = 'BlobsAddressError'
}

const flag = z.enum(['true', 'false'], { error: 'expected true or false' }).transform(value => value === 'true')
const endpoint = z.url({ protocol: /^https?$/, error: 'expected http://host:port or https://host' }).optional()
const timeoutSeconds = z.coerce.number().min(1).max(3600).default(30)

const s3Parameters = z.strictObject({
  endpoint,
  region: z.string().min(1).default('us-east-1'),
  pathStyle: flag.default(false),
  sse: z.enum(['AES256', 'aws:kms'], { error: 'expected AES256 or aws:kms' }).optional(),
  kmsKeyId: z.string().min(1).optional(),
  checksums: flag.default(true),
  timeoutSeconds,
})
const azureParameters = z.strictObject({
  /** The storage account; its blobs are at https://ACCOUNT.blob.core.windows.net unless `endpoint` says otherwise. */
  account: z.string().min(1, 'the storage account is missing'),
  endpoint,
  timeoutSeconds,
})
const gcsParameters = z.strictObject({ endpoint, project: z.string().min(1).optional(), timeoutSeconds })

/**
 * s3://bucket/prefix?endpoint=…&region=…&pathStyle=true, azblob://container/prefix?account=…, gs://bucket/prefix.
 * @throws BlobsAddressError that names what is wrong; the address has no secrets, so it is shown.
 */
export function parseBlobsAddress(address: string): BlobsAddress {
  const [, kind, bucket, path = ''] =
    /^(s3|azblob|gs):\/\/([A-Za-z0-9][A-Za-z0-9._-]*)(\/[^?#]*)?(?=\?|$)/.exec(address) ?? []
  if (!kind || !bucket) {
    throw new BlobsAddressError(
      'expected s3://bucket/prefix?region=…, azblob://container/prefix?account=… or gs://bucket/prefix',
    )
  }
  const trimmed = path.replace(/^\/+|\/+$/g, '')
  const place = { bucket, prefix: trimmed === '' ? '' : `${trimmed}/` }
  const query = address.includes('?') ? address.slice(address.indexOf('?')) : ''
  const parameters = Object.fromEntries(new URLSearchParams(query))
  if (kind === 's3') return { kind, ...place, ...read(s3Parameters, parameters) }
  if (kind === 'azblob') return { kind, ...place, ...read(azureParameters, parameters) }
  return { kind: 'gs', ...place, ...read(gcsParameters, parameters) }
}

function read<Schema extends z.ZodType>(schema: Schema, parameters: Record<string, string>): z.output<Schema> {
  const parsed = schema.safeParse(parameters)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(issue =>
    issue.code === 'unrecognized_keys'
      ? `there is no parameter ${issue.keys.join(', ')}`
      : `parameter ${issue.path.join('.')}: ${issue.message}`,
  )
  throw new BlobsAddressError(faults.join('; '))
}
