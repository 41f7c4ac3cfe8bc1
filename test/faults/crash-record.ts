import type { Document } from '../support/registry-client.ts'

/** What may be there after some requests were acknowledged and others were cut off. */
export type Presence = 'present' | 'absent' | 'maybe'

/** A repository that one client alone changes, and what it knows of it. */
export class CrashRecord {
  readonly repository: string
  readonly manifests = new Map<string, { readonly document: Document; presence: Presence }>()
  /** Digests each tag may point to; undefined stands for no tag. */
  readonly tags = new Map<string, Set<string | undefined>>()

  constructor(repository: string) {
    this.repository = repository
  }

  /** @param status undefined when no answer came. */
  put(document: Document, tag: string, status: number | undefined): void {
    if (status === 201) {
      this.manifests.set(document.digest, { document, presence: 'present' })
      this.tags.set(tag, new Set([document.digest]))
    } else if (status === undefined) {
      const presence = this.presenceOf(document.digest) === 'present' ? 'present' : 'maybe'
      this.manifests.set(document.digest, { document, presence })
      this.tags.set(tag, new Set([...(this.tags.get(tag) ?? [undefined]), document.digest]))
    }
  }

  removeManifest(digest: string, status: number | undefined): void {
    const known = this.manifests.get(digest)
    if (!known || status === 409) return
    if (status === undefined) known.presence = known.presence === 'absent' ? 'absent' : 'maybe'
    else known.presence = 'absent'
    for (const targets of this.tags.values()) {
      if (!targets.has(digest)) continue
      targets.add(undefined)
      if (status !== undefined) targets.delete(digest)
    }
  }

  presenceOf(digest: string): Presence {
    return this.manifests.get(digest)?.presence ?? 'absent'
  }

  present(): readonly Document[] {
    return [...this.manifests.values()].filter(known => known.presence === 'present').map(known => known.document)
  }
}
