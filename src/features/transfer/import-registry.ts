import { isRepositoryName, isTag, RegistryError, type RepositoryName, type Tag } from '../../oci/index.ts'
import type { ArchiveReader, ArchiveRoot } from '../../stores/archives/index.ts'
import type { Content } from '../content/index.ts'
import type { TransferFailure } from './failure.ts'
import { importTree, type TreeImport } from './import-tree.ts'

export interface ImportOptions {
  /** The name for an archive that has one repository and does not name it. */
  readonly repository?: RepositoryName
  /** Blobs and manifests taken or found there so far. */
  readonly onProgress?: (done: number) => void
}

export interface ImportReport {
  readonly repositories: number
  readonly manifests: number
  readonly tags: number
  readonly blobs: number
  /** Blobs that were there already. */
  readonly skipped: number
  readonly failures: readonly TransferFailure[]
}

/**
 * Pushes everything that the archive holds, blobs before the manifests that name them and manifests before the indexes
 * that name those, through the same use cases as a client's push: the same checks, the same durability, and nothing is
 * visible before it is whole. What is there already is left out, so an import that was interrupted is continued.
 */
export async function importRegistry(
  content: Content,
  archive: ArchiveReader,
  options: ImportOptions,
): Promise<ImportReport> {
  const counts = { repositories: 0, manifests: 0, tags: 0, blobs: 0, skipped: 0 }
  const failures: TransferFailure[] = []
  for (const found of archive.repositories) {
    const repository = found ?? options.repository
    if (repository === undefined) {
      const reason = 'The archive has one repository and does not name it: give its name with --repository.'
      failures.push({ repository: '', reason })
    } else if (!isRepositoryName(repository)) {
      failures.push({ repository, reason: 'This is not a repository name.' })
    } else {
      counts.repositories += 1
      const tree = { content, archive, found, repository, counts, ...progressOf(options, counts) }
      for await (const root of archive.roots(found)) await importRoot(tree, root, failures)
    }
  }
  for (const reason of archive.faults) failures.push({ repository: '', reason })
  return { ...counts, failures }
}

function progressOf({ onProgress }: ImportOptions, counts: { blobs: number; skipped: number; manifests: number }) {
  return onProgress ? { advance: () => onProgress(counts.blobs + counts.skipped + counts.manifests) } : {}
}

async function importRoot(tree: TreeImport, root: ArchiveRoot, failures: TransferFailure[]): Promise<void> {
  const { repository } = tree
  try {
    await importTree(
      tree,
      root,
      root.tags.map(tagOf).filter(tag => tag !== undefined),
    )
    for (const name of root.tags.filter(name => tagOf(name) === undefined)) {
      failures.push({
        repository,
        digest: root.digest,
        reason: `"${name}" is not a tag; the manifest was taken without it.`,
      })
    }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    failures.push({ repository, digest: root.digest, reason: error.message })
  }
}

/** Some tools write the whole reference, "registry.example/name:tag", where the layout has the tag. */
function tagOf(name: string): Tag | undefined {
  const last = name.slice(name.lastIndexOf(':') + 1)
  return isTag(name) ? name : isTag(last) ? last : undefined
}
