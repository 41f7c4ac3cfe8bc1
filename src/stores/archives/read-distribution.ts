import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOf, type Digest, encodedOf, isDigest } from '../../oci/index.ts'
import type { ArchiveReader } from './archive.ts'
import { foldersIn } from './list-folders.ts'
import { messageOf, openFile, undefinedWhenAbsent } from './open-file.ts'

/**
 * The data folder of CNCF distribution as it lies on disk (its registry/storage/paths.go draws it):
 *
 *   docker/registry/v2/repositories/<name>/_manifests/revisions/sha256/<hex>/link
 *                                         /_manifests/tags/<tag>/current/link
 *                                         /_layers/sha256/<hex>/link
 *   docker/registry/v2/blobs/sha256/ab/<hex>/data
 *
 * It is known by the folders that begin with "_": a registry may also have a repository named `repositories/x`, but no
 * repository has a component of that kind. A folder of blobs alone would hold nothing to import.
 * @returns undefined when `root`, the folder `v2`, is none.
 */
export async function readDistribution(root: string): Promise<ArchiveReader | undefined> {
  const faults: string[] = []
  const found = await Array.fromAsync(repositoriesBelow(join(root, 'repositories'), '', faults))
  if (found.length === 0) return undefined
  return {
    faults,
    repositories: found.filter(({ hasManifests }) => hasManifests).map(({ name }) => name),
    async *roots(repository) {
      const folder = join(root, 'repositories', repository ?? '', '_manifests')
      const tags = await readTags(join(folder, 'tags'), faults)
      for (const algorithm of await foldersIn(join(folder, 'revisions'), faults)) {
        for (const encoded of await foldersIn(join(folder, 'revisions', algorithm), faults)) {
          const digest = `${algorithm}:${encoded}`
          // A revision whose link is gone was deleted.
          const link = await readLink(join(folder, 'revisions', algorithm, encoded, 'link'), faults)
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

async function* repositoriesBelow(
  folder: string,
  name: string,
  faults: string[],
): AsyncGenerator<{ readonly name: string; readonly hasManifests: boolean }> {
  const folders = await foldersIn(join(folder, name), faults)
  const hasManifests = folders.includes('_manifests')
  if (hasManifests || folders.includes('_layers')) yield { name, hasManifests }
  for (const child of folders) {
    if (!child.startsWith('_')) yield* repositoriesBelow(folder, name === '' ? child : `${name}/${child}`, faults)
  }
}

async function readTags(folder: string, faults: string[]): Promise<ReadonlyMap<Digest, string[]>> {
  const tags = new Map<Digest, string[]>()
  for (const tag of await foldersIn(folder, faults)) {
    const digest = await readLink(join(folder, tag, 'current', 'link'), faults)
    if (digest === undefined) continue
    if (isDigest(digest)) tags.set(digest, [...(tags.get(digest) ?? []), tag])
    else faults.push(`${join(folder, tag)}: ${digest} is no digest`)
  }
  return tags
}

async function readLink(file: string, faults: string[]): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8').catch(undefinedWhenAbsent))?.trim()
  } catch (error) {
    faults.push(`${file}: cannot be read: ${messageOf(error)}`)
    return undefined
  }
}
