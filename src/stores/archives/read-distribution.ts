import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOf, type Digest, encodedOf, isDigest } from '../../oci/index.ts'
import type { ArchiveReader } from './archive.ts'
import { openFile } from './open-file.ts'

/**
 * The data folder of CNCF distribution as it lies on disk (its registry/storage/paths.go draws it):
 *
 *   docker/registry/v2/repositories/<name>/_manifests/revisions/sha256/<hex>/link
 *                                         /_manifests/tags/<tag>/current/link
 *   docker/registry/v2/blobs/sha256/ab/<hex>/data
 */
export function distributionReader(root: string): ArchiveReader {
  const faults: string[] = []
  const manifestsOf = (repository: string | undefined) => join(root, 'repositories', repository ?? '', '_manifests')
  return {
    faults,
    repositories: () => repositoriesBelow(join(root, 'repositories'), ''),
    async *roots(repository) {
      const folder = manifestsOf(repository)
      const tags = await readTags(join(folder, 'tags'), faults)
      for (const algorithm of await foldersIn(join(folder, 'revisions'))) {
        for (const encoded of await foldersIn(join(folder, 'revisions', algorithm))) {
          const digest = `${algorithm}:${encoded}`
          // A revision whose link is gone was deleted.
          const link = await readLink(join(folder, 'revisions', algorithm, encoded, 'link'))
          if (isDigest(digest) && link === digest) yield { digest, mediaType: undefined, tags: tags.get(digest) ?? [] }
          else if (link !== undefined) faults.push(`${repository}: revision ${digest} has the link ${link}`)
        }
      }
    },
    open: (_repository, digest) => {
      const encoded = encodedOf(digest)
      return openFile(join(root, 'blobs', algorithmOf(digest), encoded.slice(0, 2), encoded, 'data'))
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function* repositoriesBelow(folder: string, name: string): AsyncGenerator<string> {
  const folders = await foldersIn(join(folder, name))
  if (folders.includes('_manifests')) yield name
  for (const child of folders) {
    if (!child.startsWith('_')) yield* repositoriesBelow(folder, name === '' ? child : `${name}/${child}`)
  }
}

async function readTags(folder: string, faults: string[]): Promise<ReadonlyMap<Digest, string[]>> {
  const tags = new Map<Digest, string[]>()
  for (const tag of await foldersIn(folder)) {
    const digest = await readLink(join(folder, tag, 'current', 'link'))
    if (digest === undefined) continue
    if (isDigest(digest)) tags.set(digest, [...(tags.get(digest) ?? []), tag])
    else faults.push(`${join(folder, tag)}: ${digest} is no digest`)
  }
  return tags
}

async function readLink(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').then(
    text => text.trim(),
    () => undefined,
  )
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}
