import { algorithmOf, type Digest, encodedOf, type RepositoryName, type Tag } from '../../oci/index.ts'
import type { ArchiveWriter } from '../../stores/archives/index.ts'
import type { BlobStore, ObjectRef } from '../../stores/blobs/index.ts'
import type { Contents, Repositories } from '../../stores/metadata/index.ts'
import { checkedBytes, DamagedContent } from './checked-bytes.ts'
import type { TransferFailure } from './failure.ts'

const PAGE = 200
const LAYOUT = JSON.stringify({ imageLayoutVersion: '1.0.0' })
const INDEX = 'application/vnd.oci.image.index.v1+json'
const REF_NAME = 'org.opencontainers.image.ref.name'

export interface ExportSource {
  readonly repositories: Repositories
  readonly contents: Contents
  readonly blobs: BlobStore
}

export interface ExportOptions {
  /** Which repositories; all when absent. */
  readonly wanted: (repository: RepositoryName) => boolean
  /** Blobs written so far. */
  readonly onProgress?: (done: number) => void
}

export interface ExportReport {
  readonly repositories: number
  readonly manifests: number
  readonly tags: number
  readonly blobs: number
  readonly bytes: number
  /** What is damaged in this registry and so is not in the archive. */
  readonly failures: readonly TransferFailure[]
}

type Progress = { -readonly [Name in Exclude<keyof ExportReport, 'failures'>]: number } & {
  readonly failures: TransferFailure[]
}

/**
 * Writes an OCI image layout (image-spec v1.1.1 image-layout.md) for each repository, in a folder of its name: every
 * manifest stands in index.json, once for each of its tags, so that untagged ones and referrers are kept too. What is
 * there already is not written again, so an export that was interrupted is continued. Nothing is written that does not
 * have its digest; that is listed, and the rest goes on.
 */
export async function exportRegistry(
  source: ExportSource,
  archive: ArchiveWriter,
  options: ExportOptions,
): Promise<ExportReport> {
  const report: Progress = { repositories: 0, manifests: 0, tags: 0, blobs: 0, bytes: 0, failures: [] }
  let after: RepositoryName | undefined
  for (;;) {
    const page = await source.repositories.list({ after, limit: PAGE })
    for (const repository of page) {
      if (options.wanted(repository)) await exportRepository(source, archive, repository, options, report)
    }
    after = page.at(-1)
    if (!after) break
  }
  await archive.close()
  return report
}

async function exportRepository(
  source: ExportSource,
  archive: ArchiveWriter,
  repository: RepositoryName,
  options: ExportOptions,
  report: Progress,
): Promise<void> {
  report.repositories += 1
  // The list of tags first: what it names is then there when the manifests are written.
  const tags = await tagsByDigest(source, repository)
  const entries = await exportManifests(source, archive, repository, tags, report)
  await exportBlobs(source, archive, repository, options, report)
  await writeText(archive, repository, 'oci-layout', LAYOUT)
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: entries }
  await writeText(archive, repository, 'index.json', JSON.stringify(index))
}

async function tagsByDigest({ contents }: ExportSource, repository: RepositoryName): Promise<Map<Digest, Tag[]>> {
  const tags = new Map<Digest, Tag[]>()
  let after: Tag | undefined
  for (;;) {
    const page = await contents.tags(repository, { after, limit: PAGE })
    for (const { tag, digest } of page) tags.set(digest, [...(tags.get(digest) ?? []), tag])
    after = page.at(-1)?.tag
    if (!after) return tags
  }
}

async function exportManifests(
  { contents }: ExportSource,
  archive: ArchiveWriter,
  repository: RepositoryName,
  tags: ReadonlyMap<Digest, readonly Tag[]>,
  report: Progress,
): Promise<readonly object[]> {
  const entries: object[] = []
  let after: number | undefined
  for (;;) {
    const page = await contents.manifests(repository, { after, limit: PAGE })
    for (const { digest, mediaType, bytes } of page) {
      const content = { repository, digest, sizeBytes: bytes.length, read: () => once(bytes) }
      if (!(await writeContent(archive, content, report.failures))) continue
      const descriptor = { mediaType, digest, size: bytes.length }
      const names = tags.get(digest) ?? []
      if (names.length === 0) entries.push(descriptor)
      for (const tag of names) entries.push({ ...descriptor, annotations: { [REF_NAME]: tag } })
      report.manifests += 1
      report.tags += names.length
    }
    after = page.at(-1)?.id
    if (after === undefined) return entries
  }
}

async function exportBlobs(
  { contents, blobs }: ExportSource,
  archive: ArchiveWriter,
  repository: RepositoryName,
  { onProgress }: ExportOptions,
  report: Progress,
): Promise<void> {
  let after: Digest | undefined
  for (;;) {
    const page = await contents.blobs(repository, { after, limit: PAGE })
    for (const { digest, sizeBytes, storageKey } of page) {
      const content = {
        repository,
        digest,
        sizeBytes,
        read: () => readObject(blobs, { storageKey, digest, sizeBytes }),
      }
      if (!(await writeContent(archive, content, report.failures))) continue
      report.blobs += 1
      report.bytes += sizeBytes
      onProgress?.(report.blobs)
    }
    after = page.at(-1)?.digest
    if (!after) return
  }
}

interface Content {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly sizeBytes: number
  read(): AsyncIterable<Uint8Array>
}

/** False, and a failure more, when the content is damaged. What the archive has already is not written again. */
async function writeContent(
  archive: ArchiveWriter,
  { repository, digest, sizeBytes, read }: Content,
  failures: TransferFailure[],
): Promise<boolean> {
  const file = `blobs/${algorithmOf(digest)}/${encodedOf(digest)}`
  if (await archive.has(repository, file, sizeBytes)) return true
  try {
    await archive.write(repository, file, sizeBytes, checkedBytes(read(), { digest, sizeBytes }))
    return true
  } catch (error) {
    if (!(error instanceof DamagedContent)) throw error
    failures.push({ repository, digest, reason: error.message })
    return false
  }
}

/** An object that is not as long as it should be is not read at all. */
async function* readObject(blobs: BlobStore, object: ObjectRef): AsyncGenerator<Uint8Array> {
  const { storageKey, sizeBytes } = object
  const storedBytes = await blobs.size(storageKey)
  if (storedBytes === undefined) throw new DamagedContent(`Object ${storageKey} is not in the store.`)
  if (storedBytes !== sizeBytes) throw new DamagedContent(`It has ${storedBytes} bytes instead of ${sizeBytes}.`)
  const body = await blobs.read(object)
  yield* body instanceof Blob ? body.stream() : body
}

async function writeText(
  archive: ArchiveWriter,
  repository: RepositoryName,
  file: string,
  text: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(text)
  await archive.write(repository, file, bytes.length, once(bytes))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
