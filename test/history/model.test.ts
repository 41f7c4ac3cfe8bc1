import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Api, apiOf } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { digestOfTag, imageSaying } from './registry.ts'

const IMAGES = ['red', 'green', 'blue'] as const
const TAGS = ['latest', 'v1'] as const
const PROJECT = '/projects/model'
const digestOf = (image: number) => imageSaying(IMAGES[image] as string).image.digest

const tag = fc.constantFrom(...TAGS)
const image = fc.nat(IMAGES.length - 1)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), tag, image }) },
  fc.record({ kind: fc.constant('set' as const), tag, image }),
  fc.record({ kind: fc.constant('restore' as const), tag, image }),
  fc.record({ kind: fc.constant('restore before' as const), tag, back: fc.nat(4) }),
  fc.record({ kind: fc.constant('delete tag' as const), tag }),
  fc.record({ kind: fc.constant('delete manifest' as const), image }),
  fc.record({ kind: fc.constant('rename' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface Change {
  readonly kind: string
  readonly digest: string | undefined
}

/** What a plain reader of the docs would expect. */
class Model {
  readonly stored = new Set<string>()
  readonly tags = new Map<string, string>()
  readonly histories = new Map<string, Change[]>(TAGS.map(name => [name, []]))

  point(tag: string, digest: string, kind?: string): void {
    const before = this.tags.get(tag)
    this.tags.set(tag, digest)
    if (before !== digest) this.histories.get(tag)?.unshift({ kind: kind ?? (before ? 'move' : 'push'), digest })
  }

  drop(tag: string): void {
    if (this.tags.delete(tag)) this.histories.get(tag)?.unshift({ kind: 'delete', digest: undefined })
  }
}

/** One history: what is asked of the registry, and what the model says that it must answer. */
class History {
  readonly model = new Model()
  readonly names: string[]
  readonly #client: RegistryClient
  readonly #api: Api
  readonly #prefix: string

  constructor(berth: Berth, run: number) {
    this.#client = registryClient(berth.url)
    this.#api = apiOf(berth.url)
    this.#prefix = `model/run-${run}`
    this.names = [`${this.#prefix}-0`]
  }

  get name(): string {
    return this.names.at(-1) as string
  }

  async begin(): Promise<void> {
    for (const blob of IMAGES.flatMap(each => imageSaying(each).blobs))
      expect(await this.#client.pushBlob(this.name, blob)).toBe(201)
  }

  async changes(tag: string): Promise<readonly (Change & { readonly at: string })[]> {
    const { status, body } = await this.#api('GET', `${PROJECT}/tags/${tag}/history?repository=${this.name}`)
    return status === 404 ? [] : body.items
  }

  readonly #steps: { readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => Promise<void> } = {
    rename: async () => {
      const to = `${this.#prefix}-${this.names.length}`
      const { status } = await this.#api('POST', `${PROJECT}/rename-repository`, { repository: this.name, to })
      expect(status).toBe(200)
      this.names.push(to)
    },
    push: async ({ tag, image }) => {
      const document = imageSaying(IMAGES[image] as string).image
      expect(await this.#client.putManifest(this.name, tag, document)).toBe(201)
      this.model.stored.add(document.digest)
      this.model.point(tag, document.digest)
    },
    set: async ({ tag, image }) => {
      const digest = digestOf(image)
      const { status } = await this.#api('PUT', `${PROJECT}/tags/${tag}`, { repository: this.name, digest })
      expect(status === 200).toBe(this.model.stored.has(digest))
      if (status === 200) this.model.point(tag, digest, 'set')
    },
    restore: async ({ tag, image }) => {
      const digest = digestOf(image)
      const wasThere = this.model.histories.get(tag)?.some(change => change.digest === digest) ?? false
      await this.#restore(tag, { digest }, wasThere ? digest : undefined)
    },
    'restore before': async ({ tag, back }) => {
      const changes = await this.changes(tag)
      const change = changes[back]
      if (!change) return
      // Of the changes of one millisecond the time means that before the first.
      await this.#restore(tag, { before: change.at }, changes.find(({ at }) => at < change.at)?.digest)
    },
    'delete tag': async ({ tag }) => {
      expect(await this.#client.remove(this.name, 'manifests', tag)).toBe(this.model.tags.has(tag) ? 202 : 404)
      this.model.drop(tag)
    },
    'delete manifest': async ({ image }) => {
      const digest = digestOf(image)
      const isThere = this.model.stored.delete(digest)
      expect(await this.#client.remove(this.name, 'manifests', digest)).toBe(isThere ? 202 : 404)
      for (const [tag, at] of [...this.model.tags]) if (at === digest) this.model.drop(tag)
    },
  }

  perform(step: Step): Promise<void> {
    return (this.#steps[step.kind] as (step: Step) => Promise<void>)(step)
  }

  async #restore(tag: string, to: object, digest: string | undefined): Promise<void> {
    const body = { repository: this.name, ...to }
    const { status } = await this.#api('POST', `${PROJECT}/tags/${tag}/restore`, body)
    expect(status === 200).toBe(digest !== undefined && this.model.stored.has(digest))
    if (status === 200) this.model.point(tag, digest as string, 'restore')
  }

  async compare(): Promise<void> {
    for (const tag of TAGS) {
      const found = (await this.changes(tag)).map(({ kind, digest }) => ({ kind, digest }))
      expect(found).toEqual(this.model.histories.get(tag) ?? [])
      for (const name of this.names)
        expect(await digestOfTag(this.#client, name, tag)).toBe(this.model.tags.get(tag) ?? 404)
    }
  }
}

let berth: Berth
beforeAll(async () => {
  berth = await startBerth()
})
afterAll(() => berth[Symbol.asyncDispose]())

let run = 0

test('histories are what a plain model says, whatever is pushed, moved, deleted, restored and renamed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async steps => {
      run += 1
      const history = new History(berth, run)
      await history.begin()
      for (const step of steps) await history.perform(step)
      await history.compare()
    }),
    { numRuns: 60 },
  )
})
