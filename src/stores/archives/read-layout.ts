import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOf, type Digest, encodedOf, isDigest, isObject } from '../../oci/index.ts'
import type { ArchiveReader, ArchiveRoot } from './archive.ts'
import { openFile } from './open-file.ts'

const REF_NAME = 'org.opencontainers.image.ref.name'
/** An index.json beyond this is no index; some 200,000 manifests fit. */
const MAX_INDEX_BYTES = 64 << 20

/**
 * OCI image layouts (image-spec v1.1.1 image-layout.md): one in `folder` itself, or one for each repository in the
 * folder of the repository's name, as Berth exports and as zot keeps them.
 */
export function layoutReader(folder: string, cleanUp: () => Promise<void> = async () => undefined): ArchiveReader {
  const faults: string[] = []
  const folderOf = (repository: string | undefined) => (repository === undefined ? folder : join(folder, repository))
  return {
    faults,
    async *repositories() {
      if (await isFile(join(folder, 'index.json'))) yield undefined
      else yield* layoutsBelow(folder, '')
    },
    async *roots(repository) {
      yield* await readIndex(join(folderOf(repository), 'index.json'), faults)
    },
    open: (repository, digest) => openFile(join(folderOf(repository), 'blobs', algorithmOf(digest), encodedOf(digest))),
    [Symbol.asyncDispose]: cleanUp,
  }
}

async function* layoutsBelow(folder: string, name: string): AsyncGenerator<string> {
  const entries = await readdir(join(folder, name), { withFileTypes: true })
  if (name !== '' && entries.some(entry => entry.name === 'index.json')) yield name
  for (const entry of entries) {
    if (!entry.isDirectory() || (entry.name.startsWith('sha') && name.endsWith('/blobs'))) continue
    yield* layoutsBelow(folder, name === '' ? entry.name : `${name}/${entry.name}`)
  }
}

async function readIndex(file: string, faults: string[]): Promise<readonly ArchiveRoot[]> {
  const { size } = await stat(file)
  if (size > MAX_INDEX_BYTES) {
    faults.push(`${file}: has ${size} bytes, more than any index`)
    return []
  }
  try {
    const index: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isObject(index) && Array.isArray(index.manifests)) return rootsOf(index.manifests, file, faults)
    faults.push(`${file}: is no image index`)
  } catch (error) {
    faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`)
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

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
