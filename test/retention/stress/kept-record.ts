import type { Document } from '../../support/registry-client.ts'

/** How many of the newest builds no rule takes. */
export const NEWEST_BUILDS = 2

interface Build {
  readonly tag: string
  readonly digest: string
  /** Those of one moment have the same, and count as newer than each other. */
  readonly moment: number
  /** Whether it is certain that the tag was set, and not removed by hand since. */
  isCertain: boolean
}

/**
 * What one client that alone pushes to a repository knows must be there, whatever rules, garbage collection and kills do
 * meanwhile. An answer that did not come leaves more than one possibility.
 */
export class KeptRecord {
  readonly repository: string
  /** Every manifest of which the push was acknowledged: it is there, or it can be restored. */
  readonly acknowledged = new Map<string, Document>()
  /** Those that may be there without having been acknowledged. */
  readonly possible = new Map<string, Document>()
  /** Of tags that a rule keeps: where each may point; undefined stands for no tag. */
  readonly kept = new Map<string, Set<string | undefined>>()
  /** Of tags that are immutable: where each points once one push was acknowledged. */
  readonly immutable = new Map<string, Set<string>>()
  readonly immutableForSure = new Map<string, string>()
  /** In the order in which their tags were set, which is what the rule counts. */
  readonly builds: Build[] = []
  #moment = 0

  constructor(repository: string) {
    this.repository = repository
  }

  /** @param status undefined when no answer came. */
  pushed(document: Document, tag: string | undefined, status: number | undefined): void {
    if (status !== 201 && status !== undefined) return
    const isSure = status === 201
    if (isSure) this.acknowledged.set(document.digest, document)
    else this.possible.set(document.digest, document)
    if (tag === undefined) return
    if (tag.startsWith('keep-')) this.#point(this.kept, tag, document.digest, isSure)
    if (tag.startsWith('build-')) this.#build(tag, document.digest, isSure, this.#next())
    if (!tag.startsWith('release-')) return
    const where = this.immutable.get(tag) ?? new Set()
    this.immutable.set(tag, where.add(document.digest))
    if (isSure) this.immutableForSure.set(tag, document.digest)
  }

  removedTag(tag: string, status: number | undefined): void {
    if (status !== 202 && status !== 404 && status !== undefined) return
    const targets = this.kept.get(tag)
    if (targets) this.kept.set(tag, status === undefined ? targets.add(undefined) : new Set([undefined]))
    // One that may be there still counts among the newest.
    for (const build of this.builds) if (build.tag === tag) build.isCertain = false
  }

  removedManifest(digest: string, status: number | undefined): void {
    if (status !== 202 && status !== 404 && status !== undefined) return
    for (const targets of this.kept.values()) {
      if (!targets.has(digest)) continue
      targets.add(undefined)
      if (status !== undefined) targets.delete(digest)
    }
    for (const build of this.builds) if (build.digest === digest) build.isCertain = false
  }

  /** Restoring sets tags again, all at one moment. @param isSure false when no answer told which. */
  restored(entries: readonly { readonly tags: readonly string[]; readonly digest: string }[], isSure: boolean): void {
    const moment = this.#next()
    for (const { tags, digest } of entries) {
      for (const tag of tags) {
        if (tag.startsWith('keep-')) this.#point(this.kept, tag, digest, isSure)
        if (tag.startsWith('build-')) this.#build(tag, digest, isSure, moment)
      }
    }
  }

  /** Builds that are certainly among the newest: no more than so many images can have been tagged since. */
  newestBuilds(): readonly Build[] {
    return this.builds.filter(build => {
      const later = this.builds.filter(({ moment }) => moment >= build.moment).map(({ digest }) => digest)
      return build.isCertain && new Set(later).size <= NEWEST_BUILDS
    })
  }

  /** Manifests that may be deleted by hand: not an immutable one, which is refused. */
  documents(): readonly Document[] {
    return [...this.acknowledged.values()]
  }

  #next(): number {
    this.#moment += 1
    return this.#moment
  }

  #build(tag: string, digest: string, isCertain: boolean, moment: number): void {
    this.builds.push({ tag, digest, isCertain, moment })
  }

  #point(tags: Map<string, Set<string | undefined>>, tag: string, digest: string, isSure: boolean): void {
    const before = tags.get(tag) ?? new Set([undefined])
    tags.set(tag, isSure ? new Set([digest]) : before.add(digest))
  }
}
