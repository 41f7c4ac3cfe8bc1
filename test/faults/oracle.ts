import type { Document } from '../support/registry-client.ts'

export interface OracleRepository {
  readonly blobs: Set<string>
  readonly manifests: Map<string, Document>
  readonly tags: Map<string, string>
}

/** What a registry must hold and answer, in a few lines of plain memory. */
export class Oracle {
  readonly repositories = new Map<string, OracleRepository>()

  /** Undefined for a repository that nothing was pushed to. */
  find(name: string): OracleRepository | undefined {
    return this.repositories.get(name)
  }

  pushBlob(name: string, digest: string): 201 {
    this.#ensure(name).blobs.add(digest)
    return 201
  }

  mount(name: string, digest: string, from?: string): 201 | 202 {
    const sources = from === undefined ? [...this.repositories.values()] : [this.find(from)]
    if (!sources.some(source => source?.blobs.has(digest))) return 202
    return this.pushBlob(name, digest)
  }

  putManifest(name: string, document: Document, tags: readonly string[]): 201 | 404 {
    const repository = this.find(name)
    if (!document.needs.every(digest => repository?.blobs.has(digest) || repository?.manifests.has(digest))) return 404
    const target = this.#ensure(name)
    target.manifests.set(document.digest, document)
    for (const tag of tags) target.tags.set(tag, document.digest)
    return 201
  }

  removeTag(name: string, tag: string): 202 | 404 {
    return this.find(name)?.tags.delete(tag) ? 202 : 404
  }

  removeManifest(name: string, digest: string): 202 | 404 | 409 {
    const repository = this.find(name)
    if (repository && needs(repository, digest, 'manifest')) return 409
    if (!repository?.manifests.delete(digest)) return 404
    for (const [tag, target] of repository.tags) if (target === digest) repository.tags.delete(tag)
    return 202
  }

  removeBlob(name: string, digest: string): 202 | 404 | 409 {
    const repository = this.find(name)
    if (repository && needs(repository, digest, 'blob')) return 409
    return repository?.blobs.delete(digest) ? 202 : 404
  }

  /** Garbage collection without a grace period that keeps untagged manifests. */
  collect(): void {
    for (const repository of this.repositories.values()) {
      for (const digest of repository.blobs) {
        if (!needs(repository, digest, 'blob')) repository.blobs.delete(digest)
      }
    }
  }

  referrers(name: string, subject: string): readonly Document[] {
    return [...(this.find(name)?.manifests.values() ?? [])].filter(document => document.subject === subject)
  }

  /** Digests of every blob that must be on disk. */
  storedBlobs(): Set<string> {
    return new Set([...this.repositories.values()].flatMap(repository => [...repository.blobs]))
  }

  #ensure(name: string): OracleRepository {
    const existing = this.repositories.get(name)
    if (existing) return existing
    const made = { blobs: new Set<string>(), manifests: new Map<string, Document>(), tags: new Map<string, string>() }
    this.repositories.set(name, made)
    return made
  }
}

function needs(repository: OracleRepository, digest: string, kind: 'blob' | 'manifest'): boolean {
  return [...repository.manifests.values()].some(
    document => document.needs.includes(digest) && document.mediaType.includes('index') === (kind === 'manifest'),
  )
}
