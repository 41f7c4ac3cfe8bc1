import { createHash } from 'node:crypto'
import { algorithmOf, encodedOf, type RepositoryName } from '../../oci/index.ts'
import type { BlobRecord, Row } from '../../stores/metadata/index.ts'
import { type BlobCounts, type BlobSource, type CopyTarget, Interrupted, SourceFault } from './copy.ts'
import { forEach } from './for-each.ts'
import { type Observers, sourceBytes } from './source-bytes.ts'

/** What the uploads are listed under until they end. */
const COPYING = { repository: 'berth/copying' as RepositoryName, principal: 'berth' }

/**
 * Copies the bytes of every blob that the target does not have and records each, once its digest was found right. What
 * is damaged at the source is listed and left out.
 */
export async function copyBlobs(
  rows: AsyncIterable<Row>,
  source: BlobSource,
  target: CopyTarget,
  counts: BlobCounts,
  observers: Observers,
): Promise<void> {
  await forEach(target.tables.blobs.missing(rows), async record => {
    if (observers.signal?.aborted) throw new Interrupted()
    const fault = await copyBlob(record, source, target, observers)
    if (fault === undefined) {
      counts.blobs += 1
      counts.bytes += record.size_bytes
    } else if (await source.isGone(record)) counts.vanished += 1
    else counts.failures.push({ digest: record.digest, reason: fault })
  })
}

/** Gives what is wrong with the source's bytes. */
async function copyBlob(
  record: BlobRecord,
  source: BlobSource,
  { sessions, uploads, tables, clock }: CopyTarget,
  observers: Observers,
): Promise<string | undefined> {
  const { digest, size_bytes: sizeBytes } = record
  const id = crypto.randomUUID()
  const algorithm = algorithmOf(digest)
  // The session is how garbage collection finds what a kill leaves.
  await sessions.start({ id, ...COPYING, algorithm, now: clock() })
  const drop = async (reason: string) => {
    await uploads.discard(id)
    await sessions.remove(id)
    return reason
  }
  const hash = createHash(algorithm)
  let length: number
  try {
    const stream = sourceBytes(source, record, observers)
    length = await uploads.append(id, 0, { sizeBytes, stream, ends: true }, bytes => hash.update(bytes))
  } catch (error) {
    if (error instanceof SourceFault) return drop(error.message)
    await drop('').catch(() => undefined)
    throw error
  }
  if (length !== sizeBytes) return drop(`It has ${length} bytes instead of ${sizeBytes}.`)
  if (hash.digest('hex') !== encodedOf(digest)) return drop('Its bytes do not have its digest.')
  const completed = await uploads.complete(id, digest)
  await tables.blobs.adopt({ uploadId: id, record, ...completed, now: clock() })
  return undefined
}
