import {
  algorithmOf,
  type Descriptor,
  type Digest,
  isImageManifest,
  isIndex,
  parseManifest,
  RegistryError,
  type RepositoryName,
  type Tag,
} from '../../oci/index.ts'
import type { ArchiveReader } from '../../stores/archives/index.ts'
import { authorize } from '../access/index.ts'
import { type Content, finishUpload, pushManifest, requireManifestSize, startUpload } from '../content/index.ts'
import { SYSTEM } from '../identity/index.ts'

export interface TreeImport {
  readonly content: Content
  readonly archive: ArchiveReader
  /** The repository's name in the archive. */
  readonly found: string | undefined
  readonly repository: RepositoryName
  readonly counts: { manifests: number; tags: number; blobs: number; skipped: number }
  readonly advance?: () => void
}

interface Wanted {
  readonly digest: Digest
  readonly mediaType: string | undefined
}

/** Indexes nest, but not without end: a document cannot name itself, yet a crafted one could be very deep. */
const MAX_DEPTH = 16

/** Pushes one manifest after all that it names, and then its tags. @throws RegistryError naming what is missing or wrong. */
export async function importTree(tree: TreeImport, wanted: Wanted, tags: readonly Tag[], depth = 0): Promise<void> {
  if (depth > MAX_DEPTH) throw new RegistryError('MANIFEST_INVALID', `Indexes nest deeper than ${MAX_DEPTH}.`)
  const bytes = await readManifest(tree, wanted.digest)
  const manifest = parseManifest(bytes, wanted.mediaType)
  for (const child of manifest.manifests) {
    // BuildKit keeps its cache as an index that names layers.
    const isManifest = isImageManifest(child.mediaType) || isIndex(child.mediaType)
    await (isManifest ? importChild(tree, child, depth) : importBlob(tree, child))
  }
  for (const blob of manifest.blobs) await importBlob(tree, blob)
  const known = await tree.content.manifests.summary(tree.repository, { digest: wanted.digest })
  const permit = await permitOf(tree)
  await pushManifest(tree.content, permit, {
    reference: { digest: wanted.digest },
    tags,
    contentType: wanted.mediaType,
    bytes,
  })
  if (!known) tree.counts.manifests += 1
  tree.counts.tags += tags.length
  tree.advance?.()
}

/** Whoever can start the command at the machine may do everything. */
function permitOf({ repository }: TreeImport) {
  const origin = { address: 'this machine' }
  return authorize({ mode: 'open' }, { principal: SYSTEM, action: 'push', resource: { repository }, origin })
}

async function importChild(tree: TreeImport, child: Descriptor, depth: number): Promise<void> {
  if (await tree.content.manifests.summary(tree.repository, { digest: child.digest })) return
  // A sparse index leaves some of its platforms out; whether that is allowed is decided when the index is pushed.
  if (!(await tree.archive.open(tree.found, child.digest))) return
  await importTree(tree, child, [], depth + 1)
}

async function readManifest({ archive, found, content }: TreeImport, digest: Digest): Promise<Uint8Array> {
  const file = await archive.open(found, digest)
  if (!file) throw new RegistryError('MANIFEST_UNKNOWN', `The archive does not have manifest ${digest}.`)
  requireManifestSize(content, file.sizeBytes)
  const pieces: Uint8Array[] = []
  for await (const piece of file.bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function importBlob(tree: TreeImport, { digest }: Descriptor): Promise<void> {
  const { archive, content, found, repository, counts, advance } = tree
  if (await content.blobLinks.find(repository, digest)) {
    counts.skipped += 1
    return advance?.()
  }
  const file = await archive.open(found, digest)
  // Whether the manifest may go without it is decided when the manifest is pushed.
  if (!file) return
  const permit = await permitOf(tree)
  const id = await startUpload(content, permit, algorithmOf(digest))
  const incoming = { sizeBytes: file.sizeBytes, stream: file.bytes }
  await finishUpload(content, permit, id, { digest, chunk: { incoming, range: undefined } })
  counts.blobs += 1
  advance?.()
}
