import type { Document } from '../support/registry-client.ts'

export interface ModelEntry {
  readonly id: string
  readonly kind: 'tag' | 'manifest'
  readonly digest: string
  readonly tags: readonly string[]
  /** The manifest that was deleted. */
  readonly document?: Document
  /** What it needs to be restored, beside its own bytes. */
  readonly needs: readonly string[]
  isDue: boolean
}

export interface ModelRepository {
  readonly blobs: Set<string>
  readonly manifests: Map<string, Document>
  readonly tags: Map<string, string>
  /** In the order in which they were deleted. */
  readonly trash: ModelEntry[]
}

export interface ModelRestored {
  readonly restored: readonly string[]
  readonly keptTags: readonly string[]
}

/** What a registry with a trash must hold, in plain memory: one repository. */
export function emptyRepository(): ModelRepository {
  return { blobs: new Set(), manifests: new Map(), tags: new Map(), trash: [] }
}

export function isNamed({ manifests }: ModelRepository, digest: string): boolean {
  return [...manifests.values()].some(document => document.needs.includes(digest))
}

export function put(repository: ModelRepository, document: Document, tag: string | undefined): 201 | 404 {
  const { blobs, manifests, tags } = repository
  if (!document.needs.every(digest => blobs.has(digest) || manifests.has(digest))) return 404
  manifests.set(document.digest, document)
  if (tag !== undefined) tags.set(tag, document.digest)
  return 201
}

/** Gives the entry but for its id. */
export function removeTag({ tags }: ModelRepository, tag: string): Omit<ModelEntry, 'id'> | 404 {
  const digest = tags.get(tag)
  if (digest === undefined) return 404
  tags.delete(tag)
  return { kind: 'tag', digest, tags: [tag], needs: [digest], isDue: false }
}

export function removeManifest(repository: ModelRepository, digest: string): Omit<ModelEntry, 'id'> | 404 | 409 {
  const document = repository.manifests.get(digest)
  if (isNamed(repository, digest)) return 409
  if (!document) return 404
  repository.manifests.delete(digest)
  const tags = [...repository.tags].filter(([, target]) => target === digest).map(([tag]) => tag)
  for (const tag of tags) repository.tags.delete(tag)
  return { kind: 'manifest', digest, tags: tags.toSorted(), document, needs: document.needs, isDue: false }
}

export function removeBlob(repository: ModelRepository, digest: string): 202 | 404 | 409 {
  if (isNamed(repository, digest)) return 409
  return repository.blobs.delete(digest) ? 202 : 404
}

export function isHeld({ trash }: ModelRepository, digest: string): boolean {
  return trash.some(({ needs }) => needs.includes(digest))
}

/** Another entry needs the manifest, and has it from nowhere else. */
export function isNeeded({ manifests, trash }: ModelRepository, entry: ModelEntry): boolean {
  if (entry.kind === 'tag' || manifests.has(entry.digest)) return false
  const hasTwin = trash.some(other => other !== entry && other.kind === 'manifest' && other.digest === entry.digest)
  return !hasTwin && trash.some(({ needs }) => needs.includes(entry.digest))
}

export function purge(repository: ModelRepository, entry: ModelEntry): 204 | 409 {
  if (isNeeded(repository, entry)) return 409
  repository.trash.splice(repository.trash.indexOf(entry), 1)
  return 204
}

export function restore(repository: ModelRepository, entry: ModelEntry, overwrite: boolean): ModelRestored {
  const order: ModelEntry[] = []
  const visit = (each: ModelEntry) => {
    for (const digest of each.needs) {
      const child = repository.trash.findLast(other => other.kind === 'manifest' && other.digest === digest)
      if (!repository.manifests.has(digest) && child && !order.includes(child)) visit(child)
    }
    order.push(each)
  }
  visit(entry)
  const restored: string[] = []
  const keptTags: string[] = []
  for (const each of order) {
    if (each.document) {
      repository.manifests.set(each.digest, each.document)
      if (!each.document.mediaType.includes('index')) for (const digest of each.needs) repository.blobs.add(digest)
    }
    const set = each.tags.filter(tag => {
      const there = repository.tags.get(tag)
      const isKept = there !== undefined && there !== each.digest && !overwrite
      if (isKept) keptTags.push(tag)
      else repository.tags.set(tag, each.digest)
      return !isKept
    })
    if (each.kind === 'tag' && set.length === 0) continue
    repository.trash.splice(repository.trash.indexOf(each), 1)
    restored.push(each.id)
  }
  return { restored, keptTags }
}

/** Garbage collection without a grace period. */
export function collect(repository: ModelRepository, untagged: 'keep' | 'delete'): void {
  const { blobs, manifests, tags, trash } = repository
  for (const entry of [...trash]) if (entry.isDue) purge(repository, entry)
  for (const entry of trash) {
    if (!entry.isDue) continue
    // It lies as long as what needs it.
    const lastHolders = trash.filter(({ needs }) => needs.includes(entry.digest))
    entry.isDue = lastHolders.every(({ isDue }) => isDue)
  }
  const isInTrash = (digest: string) => trash.some(each => each.kind === 'manifest' && each.digest === digest)
  for (let before = -1; untagged === 'delete' && before !== manifests.size; ) {
    before = manifests.size
    for (const { digest, subject } of manifests.values()) {
      const isTagged = [...tags.values()].includes(digest)
      const hasSubject = subject !== undefined && (manifests.has(subject) || isInTrash(subject))
      if (!isTagged && !hasSubject && !isNamed(repository, digest) && !isHeld(repository, digest))
        manifests.delete(digest)
    }
  }
  for (const digest of blobs) if (!isNamed(repository, digest) && !isHeld(repository, digest)) blobs.delete(digest)
}

/** Blobs whose bytes must be there. */
export function storedIn({ blobs, trash }: ModelRepository): readonly string[] {
  const held = trash.filter(({ document }) => document && !document.mediaType.includes('index'))
  return [...blobs, ...held.flatMap(({ needs }) => needs)]
}
