import { judgeChange } from '../../../src/features/protection/index.ts'
import type { RepositoryName, Tag } from '../../../src/oci/index.ts'
import type { Engine, OpenedMetadata } from '../../../src/stores/metadata/index.ts'
import { ensurePlace } from '../../../src/stores/metadata/repositories.ts'
import type { Repository } from './model.ts'
import type { Thing } from './universe.ts'

export type Step =
  | { readonly do: 'push'; readonly thing: number; readonly repository: number; readonly tags: readonly string[] }
  | {
      readonly do: 'fallback'
      readonly thing: number
      readonly subject: number
      readonly repository: number
      readonly suffix: string
    }
  | { readonly do: 'untag'; readonly repository: number; readonly tag: string }
  | { readonly do: 'remove' | 'pull' | 'describe' | 'lock'; readonly thing: number; readonly repository: number }
  | { readonly do: 'label'; readonly thing: number; readonly repository: number; readonly value: string }
  | { readonly do: 'wait'; readonly hours: number }

const HOUR_MS = 3_600_000

/** Does each step in the registry and in the model, and stops the test when one of them cannot what the other can. */
export class History {
  now: number
  readonly repositories: readonly Repository[]
  readonly #opened: OpenedMetadata
  readonly #things: readonly Thing[]

  constructor(opened: OpenedMetadata, things: readonly Thing[], names: readonly string[], now: number) {
    this.#opened = opened
    this.#things = things
    this.now = now
    this.repositories = names.map(name => ({
      name,
      tags: new Map(),
      manifests: new Map(),
      labels: new Map(),
      locked: new Set(),
    }))
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'wait') {
      this.now += step.hours * HOUR_MS
      return
    }
    const repository = this.repositories[step.repository % this.repositories.length] as Repository
    if (step.do === 'untag') return this.#untag(repository, step.tag)
    const thing = this.#thing(step.thing)
    switch (step.do) {
      case 'push':
        return this.#push(repository, thing, step.tags)
      case 'fallback': {
        const tag = `${this.#thing(step.subject).digest.replace(':', '-')}${step.suffix}`
        return this.#push(repository, thing, [tag])
      }
      case 'remove':
        return this.#remove(repository, thing)
      case 'pull':
        return this.#pull(repository, thing)
      case 'describe':
        return this.#describe(repository, thing)
      case 'lock':
        return this.#lock(repository, thing)
      case 'label':
        return this.#label(repository, thing, step.value)
    }
  }

  #thing(number: number): Thing {
    return this.#things[number % this.#things.length] as Thing
  }

  async #push(repository: Repository, thing: Thing, tags: readonly string[]): Promise<void> {
    const { manifests } = repository
    const isWhole = thing.manifest.manifests.every(child => manifests.has(child.digest))
    await haveBlobs(this.#opened.engine, repository.name, thing, this.now)
    const { outcome } = await this.#opened.metadata.manifests.put({
      repository: repository.name as RepositoryName,
      digest: thing.digest,
      bytes: thing.bytes,
      manifest: thing.manifest,
      tags: tags as readonly Tag[],
      now: this.now,
      by: 'ada',
      mayMove: () => true,
      judge: judgeChange,
      allowAbsent: 'none',
    })
    if (outcome !== (isWhole ? 'stored' : 'absent')) throw new Error(`The push of ${thing.name} was ${outcome}.`)
    if (!isWhole) return
    const before = manifests.get(thing.digest) ?? { thing, isDescribed: false, pulledAt: undefined }
    manifests.set(thing.digest, { ...before, pushedAt: this.now })
    for (const tag of tags) repository.tags.set(tag, { digest: thing.digest, setAt: this.now })
  }

  async #untag(repository: Repository, tag: string): Promise<void> {
    const at = repository.tags.get(tag)
    const { outcome } = await this.#opened.metadata.tags.remove({
      repository: repository.name as RepositoryName,
      tag: tag as Tag,
      ...this.#byHand(),
    })
    const foreseen = !at ? 'unknown' : repository.locked.has(at.digest) ? 'protected' : 'removed'
    if (outcome !== foreseen) throw new Error(`The removal of ${tag} was ${outcome}.`)
    if (outcome === 'removed') repository.tags.delete(tag)
  }

  async #remove(repository: Repository, { digest, name }: Thing): Promise<void> {
    const { outcome } = await this.#opened.metadata.manifests.remove({
      repository: repository.name as RepositoryName,
      digest,
      mayRemove: () => true,
      ...this.#byHand(),
    })
    const isNamed = [...repository.manifests.values()].some(({ thing }) =>
      thing.manifest.manifests.some(child => child.digest === digest),
    )
    const isThere = repository.manifests.has(digest)
    const foreseen = isNamed
      ? 'referenced'
      : !isThere
        ? ['unknown', 'protected']
        : repository.locked.has(digest)
          ? 'protected'
          : 'removed'
    if (!foreseen.includes(outcome)) throw new Error(`The removal of ${name} was ${outcome}.`)
    if (outcome !== 'removed') return
    repository.manifests.delete(digest)
    for (const [tag, at] of repository.tags) if (at.digest === digest) repository.tags.delete(tag)
    for (const key of repository.labels.keys()) if (key.startsWith(digest)) repository.labels.delete(key)
  }

  async #pull(repository: Repository, { digest }: Thing): Promise<void> {
    const manifest = repository.manifests.get(digest)
    if (!manifest) return
    manifest.pulledAt = this.now
    const pull = { repository: repository.name as RepositoryName, digest, pulledAt: this.now }
    await this.#opened.metadata.lastPulls.record([pull], 0)
  }

  async #describe(repository: Repository, { digest, platform, labels }: Thing): Promise<void> {
    const manifest = repository.manifests.get(digest)
    if (!manifest || manifest.isDescribed) return
    manifest.isDescribed = true
    const [os = null, architecture = null, variant = null] = platform === '' ? [] : platform.split('/')
    const common = { os, architecture, variant, created_at: null, total_bytes: null }
    const platforms = platform === '' ? null : JSON.stringify([platform])
    await this.#insert(repository, (queries, repository_id) =>
      queries
        .insertInto('image_details')
        .values({ ...common, repository_id, digest, platforms, labels: JSON.stringify(labels) })
        .onConflict(conflict => conflict.columns(['repository_id', 'digest']).doNothing())
        .execute(),
    )
  }

  async #lock(repository: Repository, { digest }: Thing): Promise<void> {
    if (!repository.manifests.has(digest) || repository.locked.has(digest)) return
    repository.locked.add(digest)
    const lock = { digest, kind: 'delete', reason: 'audited', locked_by: 'ada', locked_at: this.now } as const
    await this.#insert(repository, (queries, repository_id) =>
      queries
        .insertInto('locks')
        .values({ ...lock, repository_id })
        .execute(),
    )
  }

  async #label(repository: Repository, { digest }: Thing, value: string): Promise<void> {
    if (!repository.manifests.has(digest)) return
    repository.labels.set(`${digest} tier`, value)
    await this.#insert(repository, (queries, repository_id) =>
      queries
        .insertInto('labels')
        .values({ repository_id, digest, key: 'tier', value, set_at: this.now })
        .onConflict(conflict => conflict.columns(['repository_id', 'digest', 'key']).doUpdateSet({ value }))
        .execute(),
    )
  }

  #byHand() {
    return { judge: judgeChange, now: this.now, by: 'ada', deletion: crypto.randomUUID(), trashMs: 0 }
  }

  #insert(repository: Repository, insert: (queries: Engine['db'], id: number) => Promise<unknown>): Promise<unknown> {
    return this.#opened.engine.write(async queries => {
      const { id } = await queries
        .selectFrom('repositories')
        .select('id')
        .where('name', '=', repository.name as RepositoryName)
        .executeTakeFirstOrThrow()
      await insert(queries, id)
    })
  }
}

/** As if a client had uploaded them: rows alone, since nobody reads the bytes. */
async function haveBlobs(engine: Engine, name: string, { manifest }: Thing, now: number): Promise<void> {
  await engine.write(async queries => {
    const { id, projectId } = await ensurePlace(queries, name as RepositoryName, now)
    for (const { digest, size } of manifest.blobs) {
      const state = { state: 'stored', created_at: now } as const
      await queries
        .insertInto('blobs')
        .values({ digest, size_bytes: size, storage_key: digest, ...state })
        .onConflict(conflict => conflict.column('digest').doNothing())
        .execute()
      await queries
        .insertInto('repository_blobs')
        .values({ repository_id: id, digest, linked_at: now, project_id: projectId })
        .onConflict(conflict => conflict.columns(['repository_id', 'digest']).doNothing())
        .execute()
    }
  })
}
