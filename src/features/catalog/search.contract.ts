import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { createMetadata, type Engine } from '../../stores/metadata/index.ts'
import { authorize } from '../access/index.ts'
import { ANONYMOUS } from '../identity/index.ts'
import type { Catalog } from './catalog.ts'
import { searchImages } from './search-images.ts'
import { parseQuestion, type SearchText } from './search-question.ts'

export interface OpenedDatabase extends AsyncDisposable {
  readonly engine: Engine
}

const LARGE = 2500
const SMALL = 1200
const ORIGIN = { address: '127.0.0.1' }

/** More than any step of a search looks at at once: a large repository, and many small ones around it. */
export function searchContract(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`a search on ${name}`, () => {
    let opened: OpenedDatabase
    let catalog: Catalog
    beforeAll(async () => {
      opened = await open()
      await fill(opened.engine)
      const { details, referrers, manifests } = createMetadata(opened.engine)
      catalog = { details, referrers, manifests, access: { mode: 'open' }, clock: () => 0 }
    })
    afterAll(() => opened?.[Symbol.asyncDispose]())

    const search = async (text: SearchText, { limit = 1000, sort = 'repository' as 'repository' | 'newest' } = {}) => {
      const asking = { principal: ANONYMOUS, action: 'catalog', resource: 'registry', origin: ORIGIN } as const
      const permit = await authorize({ mode: 'open' }, asking)
      const found: string[] = []
      let pages = 0
      let after: string | undefined
      do {
        const page = await searchImages(catalog, permit, { ...parseQuestion(text), sort, limit, after })
        found.push(...page.images.map(({ repository, digest }) => `${repository}@${digest}`))
        after = page.next
        pages += 1
      } while (after !== undefined)
      return { found, pages }
    }

    test('has every image once, in order, whatever the pages', async () => {
      const { found } = await search({})
      expect(found).toHaveLength(LARGE + SMALL)
      expect(found).toEqual(found.toSorted())
      expect(new Set(found).size).toBe(found.length)
      expect((await search({}, { limit: 333 })).found).toEqual(found)
      const newest = await search({}, { sort: 'newest', limit: 333 })
      expect(newest.found.toSorted()).toEqual(found)
    })

    test('finds the one of all, by each kind of question', async () => {
      const one = `large/app@${digestOf(`large ${LARGE - 7}`)}`
      const questions: readonly SearchText[] = [
        { tag: `t${LARGE - 7}` },
        { tag: `t*${LARGE - 7}` },
        { digest: digestOf(`large ${LARGE - 7}`).slice(0, 20) },
        { annotation: [`number=${LARGE - 7}`], name: 'app' },
        { annotation: [`number=${LARGE - 7}`], repository: 'large/app' },
      ]
      for (const question of questions)
        for (const sort of ['repository', 'newest'] as const)
          expect([question, (await search(question, { sort })).found]).toEqual([question, [one]])
    })

    test('finds one in the midst of many small repositories', async () => {
      const one = [`small/r0777@${digestOf('small 777')}`]
      expect((await search({ name: 'r0777' })).found).toEqual(one)
      expect((await search({ annotation: ['number=777'], project: 'small' })).found).toEqual(one)
      expect((await search({ digest: digestOf('small 777') })).found).toEqual(one)
    })

    test('takes as many pages as a page is large', async () => {
      const { pages } = await search({ repository: 'large/app', tagged: true }, { limit: 100 })
      expect(pages).toBe(LARGE / 100)
    })
  })
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

async function fill(engine: Engine): Promise<void> {
  await engine.write(async queries => {
    const add = async (name: string, kind: string, from: number, count: number) => {
      const { id } = await queries
        .insertInto('repositories')
        .values({ name: name as never, created_at: 0 })
        .returning('id')
        .executeTakeFirstOrThrow()
      const numbers = Array.from({ length: count }, (_, index) => from + index)
      for (let at = 0; at < numbers.length; at += 500) {
        const part = numbers.slice(at, at + 500)
        const bytes = new TextEncoder().encode('{}')
        const common = { repository_id: id, media_type: 'application/vnd.oci.image.manifest.v1+json', size_bytes: 2 }
        await queries
          .insertInto('manifests')
          .values(
            part.map(number => ({
              ...common,
              digest: digestOf(`${kind} ${number}`) as never,
              annotations: JSON.stringify({ number: String(number) }),
              pushed_at: number,
              state: 'stored' as const,
              described_at: 1,
              bytes,
            })),
          )
          .execute()
        await queries
          .insertInto('tags')
          .values(
            part.map(number => ({
              repository_id: id,
              name: `t${number}` as never,
              digest: digestOf(`${kind} ${number}`) as never,
              updated_at: number,
            })),
          )
          .execute()
      }
    }
    await add('large/app', 'large', 0, LARGE)
    for (let number = 0; number < SMALL; number += 1)
      await add(`small/r${String(number).padStart(4, '0')}`, 'small', number, 1)
  })
}
