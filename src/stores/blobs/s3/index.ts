import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { asking } from '../objects/asking.ts'
import type { Bucket } from '../objects/index.ts'
import { isStatusOfUnavailable } from '../objects/patience.ts'
import { PiecewiseHandler } from './sending.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: 5 MiB at least, but for the last. */
const LEAST_PART_BYTES = 5 << 20
const ATTEMPTS = 5

export interface S3Options {
  readonly bucket: string
  readonly prefix: string
  readonly region: string
  /** Of a store other than AWS. */
  readonly endpoint?: string | undefined
  /** The bucket in the path instead of the host name. */
  readonly pathStyle: boolean
  readonly encryption?: { readonly algorithm: 'AES256' | 'aws:kms'; readonly kmsKeyId?: string | undefined } | undefined
  /** A checksum with each upload, of the kinds that AWS checks; stores that lack them refuse. */
  readonly checksums: boolean
  /** For one request to be answered. */
  readonly timeoutMs: number
}

/**
 * A bucket of Amazon S3 or of a store that speaks its protocol. Credentials come from where AWS's tools take them:
 * environment, shared files, web identity, container and instance roles.
 */
export function s3Bucket(options: S3Options): Bucket {
  const client = new S3Client({
    region: options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.pathStyle,
    maxAttempts: ATTEMPTS,
    requestChecksumCalculation: options.checksums ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new PiecewiseHandler({ requestTimeout: options.timeoutMs }),
  })
  const Bucket = options.bucket
  const encryption = options.encryption
    ? {
        ServerSideEncryption: options.encryption.algorithm,
        ...(options.encryption.kmsKeyId === undefined ? {} : { SSEKMSKeyId: options.encryption.kmsKeyId }),
      }
    : {}
  return {
    place: `s3://${Bucket}/${options.prefix}`,
    silenceMs: options.timeoutMs,
    leastPartBytes: LEAST_PART_BYTES,
    async put(Key, Body) {
      await told(client.send(new PutObjectCommand({ Bucket, Key, Body, ...encryption })))
    },
    async get(Key, range) {
      const Range = range && `bytes=${range.from}-${range.to}`
      const found = await orAbsent(client.send(new GetObjectCommand({ Bucket, Key, ...(Range ? { Range } : {}) })))
      if (!found) return undefined
      const { Body, ContentRange, ContentLength } = found
      const sizeBytes = ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1])
      if (Body === undefined || sizeBytes === undefined) throw new Unavailable(`S3 gave ${Key} without its length.`)
      return { sizeBytes, stream: Body.transformToWebStream() as ReadableStream<Uint8Array<ArrayBuffer>> }
    },
    async size(Key) {
      return (await orAbsent(client.send(new HeadObjectCommand({ Bucket, Key }))))?.ContentLength
    },
    async remove(Key) {
      await orAbsent(client.send(new DeleteObjectCommand({ Bucket, Key })))
    },
    async *list(Prefix) {
      let ContinuationToken: string | undefined
      do {
        const page = await told(
          client.send(
            new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken ? { ContinuationToken } : {}) }),
          ),
        )
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          if (Key !== undefined) yield { key: Key, sizeBytes: Size ?? 0, modifiedAt: LastModified?.getTime() ?? 0 }
        }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (ContinuationToken !== undefined)
    },
    async beginParts(Key) {
      const { UploadId } = await told(client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...encryption })))
      if (UploadId === undefined) throw new Unavailable(`S3 began a multipart upload of ${Key} without an id.`)
      return UploadId
    },
    async putPart({ key: Key, undertaking: UploadId }, PartNumber, Body) {
      const { ETag } = await told(client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body })))
      if (ETag === undefined) throw new Unavailable(`S3 took part ${PartNumber} of ${Key} without an ETag.`)
      return ETag
    },
    async completeParts({ key: Key, undertaking: UploadId }, names) {
      const Parts = names.map((ETag, index) => ({ ETag, PartNumber: index + 1 }))
      await told(client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } })))
    },
    async abortParts({ key: Key, undertaking: UploadId }) {
      await orAbsent(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))
    },
    urlOf: (Key, expiresIn) =>
      told(
        getSignedUrl(client, new GetObjectCommand({ Bucket, Key, ResponseContentType: 'application/octet-stream' }), {
          expiresIn,
        }),
      ),
  }
}

const ABSENT = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload'])

const { told, orAbsent } = asking({
  isAbsent: error => error instanceof S3ServiceException && ABSENT.has(error.name),
  isPassing: error =>
    !(error instanceof S3ServiceException) || isStatusOfUnavailable(error.$metadata.httpStatusCode ?? 500),
})
