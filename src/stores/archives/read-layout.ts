import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOf, type Digest, encodedOf, isDigest, isObject } from '../../oci/index.ts'
import type { ArchiveReader, ArchiveRoot } from './archive.ts'
import { repositoryOf } from './layout-folder.ts'
import { entriesIn } from './list-folders.ts'
import { isFile, messageOf, openFile } from './open-file.ts'

const REF_NAME = 'org.opencontainers.image.ref.name'
/** An index.json beyond this is no index; some 200,000 manifests fit. */
const MAX_INDEX_BYTES = 64 << 20

export interface LayoutOptions {
  /** Faults that were seen before, to which the reader adds its own. */
  readonly faults?: string[]
  readonly cleanUp?: () => Promise<void>
}

/**
 * OCI image layouts (image-spec v1.1.1 image-layout.md): one in `root` itself, or one for each repository in the
 * folder of the repository's name, as Berth exports and as zot keeps them.
 */
export async function readLayouts(root: string, options: LayoutOptions = {}): Promise<ArchiveReader> {
  const { faults = [], cleanUp = async () => undefined } = options
  const folders = await findLayouts(root, faults)
  const folderOf = (repository: string | undefined) => join(root, folders.get(repository) ?? '')
  return {
    faults,
    repositories: [...folders.keys()],
    async *roots(repository) {
      yield* await readIndex(join(folderOf(repository), 'index.json'), faults)
    },
    open: (repository, digest) => openFile(join(folderOf(repository), 'blobs', algorithmOf(digest), encodedOf(digest))),
    [Symbol.asyncDispose]: cleanUp,
  }
}

/** The repositories and their folders below `root`. */
async function findLayouts(root: string, faults: string[]): Promise<ReadonlyMap<string | undefined, string>> {
  const folders = new Map<string | undefined, string>()
  const isLayout = await isFile(join(root, 'index.json'))
  if (isLayout) folders.set(undefined, '')
  for await (const folder of layoutsBelow(root, '', faults)) {
    const repository = repositoryOf(folder)
    const same = folders.get(repository)
    if (isLayout) faults.push(`${join(root, folder)}: is another layout below a layout; import it by itself`)
    else if (same !== undefined) faults.push(`${join(root, folder)}: ${same} stands for the same repository`)
    else folders.set(repository, folder)
  }
  return folders
}

/**
 * Looks into every folder. A layout's `blobs/sha256` could be left out, as it holds files only; yet a tool that does not
 * write names as Berth does puts the repository `x/blobs/sha256` there, and then it would be lost without a word.
 */
async function* layoutsBelow(root: string, folder: string, faults: string[]): AsyncGenerator<string> {
  for (const entry of await entriesIn(join(root, folder), faults)) {
    const below = folder === '' ? entry.name : `${folder}/${entry.name}`
    const isLink = entry.isSymbolicLink()
    if (!entry.isDirectory() && !isLink) continue
    const isLayout = await hasIndex(join(root, below), faults)
    if (isLayout && isLink) faults.push(`${join(root, below)}: is a symbolic link, and those are not followed`)
    else if (isLayout) yield below
    if (!isLink) yield* layoutsBelow(root, below, faults)
  }
}

async function hasIndex(folder: string, faults: string[]): Promise<boolean> {
  try {
    return await isFile(join(folder, 'index.json'))
  } catch (error) {
    faults.push(`${folder}: cannot be read: ${messageOf(error)}`)
    return false
  }
}

async function readIndex(file: string, faults: string[]): Promise<readonly ArchiveRoot[]> {
  try {
    const { size } = await stat(file)
    if (size > MAX_INDEX_BYTES) {
      faults.push(`${file}: has ${size} bytes, more than any index`)
      return []
    }
    const index: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isObject(index) && Array.isArray(index.manifests)) return rootsOf(index.manifests, file, faults)
    faults.push(`${file}: is no image index`)
  } catch (error) {
    faults.push(`${file}: ${messageOf(error)}`)
  }
  return []
}

/** A manifest with several tags stands once for each. */
function rootsOf(descriptors: readonly unknown[], file: string, faults: string[]): readonly ArchiveRoot[] {
  const roots = new Map<Digest, { digest: Digest; mediaType: string | undefined; tags: string[] }>()
  for (const [position, descriptor] of descriptors.entries()) {
    const digest = isObject(descriptor) ? descriptor.digest : undefined
    if (!isObject(descriptor) || typeof digest !== 'string' || !isDigest(digest)) {
      faults.push(`${file}: manifests[${position}] has no digest that can be used`)
      continue
    }
    const root = roots.get(digest) ?? { digest, mediaType: textOf(descriptor.mediaType), tags: [] }
    roots.set(digest, root)
    const name = isObject(descriptor.annotations) ? textOf(descriptor.annotations[REF_NAME]) : undefined
    if (name !== undefined) root.tags.push(name)
  }
  return [...roots.values()]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
