import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { blobOf, type Document, imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

const PAGE = 7
let berth: Berth
let image: Document

beforeAll(async () => {
  berth = await startBerth({ env: { BERTH_LIMITS_PAGE_SIZE: String(PAGE) } })
  const config = blobOf('{}')
  image = imageOf([config])
  for (const repository of ['a/lists', 'a/moving', 'b', 'c/d/e']) {
    await registryClient(berth.url).pushBlob(repository, config)
    await registryClient(berth.url).putManifest(repository, 't0', image)
  }
  for (const tag of TAGS) await registryClient(berth.url).putManifest('a/lists', tag, image)
})
afterAll(() => berth[Symbol.asyncDispose]())

// In the order of bytes: capitals before small letters, and "_" between.
const TAGS = [
  '1.0',
  '1.0.1',
  '1.10',
  '1.2',
  'A',
  'Z',
  '_x',
  'a',
  'a-b',
  'a.b',
  'ab',
  'latest',
  't0',
  'v1',
  'v1-rc',
  'z',
]

async function page(
  path: string,
): Promise<{ status: number; items: string[]; link: string | undefined; body: unknown }> {
  const response = await fetch(`${berth.url}/v2/${path}`)
  const body = (await response.json()) as { tags?: string[]; repositories?: string[] }
  const link = response.headers.get('Link') ?? undefined
  return { status: response.status, items: body.tags ?? body.repositories ?? [], link, body }
}

function target(link: string | undefined): string {
  const [, url = ''] = /^<([^>]+)>; rel="next"$/.exec(link ?? '') ?? []
  return new URL(url, berth.url).pathname.replace('/v2/', '') + new URL(url, berth.url).search
}

describe('tags', () => {
  test('come in the order of their bytes, a page at a time, with a link to the next page and none on the last', async () => {
    const seen: string[] = []
    let path: string | undefined = 'a/lists/tags/list'
    let pages = 0
    while (path !== undefined) {
      const { items, link, body } = await page(path)
      expect(body).toMatchObject({ name: 'a/lists' })
      expect(items.length).toBeLessThanOrEqual(PAGE)
      seen.push(...items)
      pages += 1
      path = link === undefined ? undefined : target(link)
    }
    expect(seen).toEqual(TAGS)
    expect(pages).toBe(Math.ceil(TAGS.length / PAGE))
  })

  test('n asks for fewer, and what is left is linked with the same n', async () => {
    const { items, link } = await page('a/lists/tags/list?n=3')
    expect(items).toEqual(TAGS.slice(0, 3))
    const second = await page(target(link))
    expect(second.items).toEqual(TAGS.slice(3, 6))
  })

  test('n that takes exactly the rest leaves no link behind', async () => {
    const { items, link } = await page(`a/lists/tags/list?n=${PAGE}&last=${TAGS.at(-PAGE - 1)}`)
    expect(items).toEqual(TAGS.slice(-PAGE))
    expect(link).toBeUndefined()
  })

  test('n=0 gives an empty list and no link', async () => {
    expect(await page('a/lists/tags/list?n=0')).toMatchObject({ status: 200, items: [], link: undefined })
  })

  test('n above the registry’s own limit is answered with a page of that limit', async () => {
    expect((await page('a/lists/tags/list?n=100000')).items).toHaveLength(PAGE)
  })

  test('last begins behind a tag, also one that does not exist', async () => {
    expect((await page('a/lists/tags/list?n=2&last=1.0.1')).items).toEqual(['1.10', '1.2'])
    expect((await page('a/lists/tags/list?n=2&last=1.0.5')).items).toEqual(['1.10', '1.2'])
    expect((await page('a/lists/tags/list?last=zz')).items).toEqual([])
  })

  test.each(['-1', 'abc', '1.5', ''])('n=%s is refused with a reason', async n => {
    const { status, body } = await page(`a/lists/tags/list?n=${n}`)
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] } })
  })

  test('of a repository that does not exist are NAME_UNKNOWN', async () => {
    const { status, body } = await page('nobody/tags/list')
    expect({ status, body }).toMatchObject({ status: 404, body: { errors: [{ code: 'NAME_UNKNOWN' }] } })
  })

  test('that stay while others come and go between two pages are each listed once', async () => {
    const client = registryClient(berth.url)
    const staying = Array.from({ length: 20 }, (_, index) => `s${String(index).padStart(2, '0')}`)
    for (const tag of staying) await client.putManifest('a/moving', tag, image)
    await client.remove('a/moving', 'manifests', 't0')
    const seen: string[] = []
    let path: string | undefined = 'a/moving/tags/list?n=3'
    let turn = 0
    while (path !== undefined) {
      const { items, link } = await page(path)
      seen.push(...items)
      // One before where the list is, one behind it, and the last one seen is moved away.
      await client.putManifest('a/moving', `a${turn}`, image)
      await client.putManifest('a/moving', `s${turn}-extra`, image)
      if (turn > 0) await client.remove('a/moving', 'manifests', `s${turn - 1}-extra`)
      turn += 1
      path = link === undefined ? undefined : target(link)
    }
    expect(seen.filter(tag => staying.includes(tag))).toEqual(staying)
  })
})

test('repositories are paged the same way', async () => {
  expect((await page('_catalog')).items).toEqual(['a/lists', 'a/moving', 'b', 'c/d/e'])
  const { items, link } = await page('_catalog?n=2')
  expect(items).toEqual(['a/lists', 'a/moving'])
  expect(await page(target(link))).toMatchObject({ items: ['b', 'c/d/e'], link: undefined })
  expect((await page('_catalog?last=a/m')).items).toEqual(['a/moving', 'b', 'c/d/e'])
})

test('referrers are paged too, with their filter, each exactly once', async () => {
  const client = registryClient(berth.url)
  const config = blobOf('{}')
  const referrers = Array.from({ length: 25 }, (_, index) =>
    imageOf([config], { subject: image, artifactType: `application/x.${index % 2}`, note: String(index) }),
  )
  for (const referrer of referrers) expect(await client.putManifest('b', referrer.digest, referrer)).toBe(201)
  const digests = async (query: string) => {
    const listed = await client.list(`b/referrers/${image.digest}${query}`, 'manifests')
    return (listed as { digest: string }[]).map(({ digest }) => digest)
  }
  expect((await digests('')).sort()).toEqual(referrers.map(({ digest }) => digest).sort())
  expect((await digests('?artifactType=application/x.1')).sort()).toEqual(
    referrers.flatMap(({ digest, artifactType }) => (artifactType === 'application/x.1' ? [digest] : [])).sort(),
  )
})

test('ten thousand and fifty tags are all listed by a client that follows the links', async () => {
  await using plain = await startBerth()
  const client = registryClient(plain.url)
  await client.pushBlob('many', blobOf('{}'))
  const tags = Array.from({ length: 10_050 }, (_, index) => `t${String(index).padStart(5, '0')}`)
  // A hundred tags in a request: the development version's `tag` parameters.
  for (let from = 0; from < tags.length; from += 100) {
    const query = `?${tags
      .slice(from, from + 100)
      .map(tag => `tag=${tag}`)
      .join('&')}`
    expect(await client.putManifest('many', image.digest, image, query)).toBe(201)
  }
  const first = await fetch(`${plain.url}/v2/many/tags/list`)
  expect(((await first.json()) as { tags: string[] }).tags).toHaveLength(10_000)
  expect(await client.list('many/tags/list', 'tags')).toEqual(tags)
})

test('a page of referrers ends by its size too, whatever annotations there are', async () => {
  const client = registryClient(berth.url)
  const referrers = Array.from({ length: 5 }, (_, index) =>
    imageOf([blobOf('{}')], { subject: image, note: `${index}${'x'.repeat(1_500_000)}` }),
  )
  for (const referrer of referrers) expect(await client.putManifest('c/d/e', referrer.digest, referrer)).toBe(201)
  const first = await fetch(`${berth.url}/v2/c/d/e/referrers/${image.digest}`)
  expect((await first.text()).length).toBeLessThan(5_000_000)
  expect(first.headers.get('Link')).toContain('rel="next"')
  const listed = (await client.list(`c/d/e/referrers/${image.digest}`, 'manifests')) as { digest: string }[]
  expect(listed.map(({ digest }) => digest).sort()).toEqual(referrers.map(({ digest }) => digest).sort())
})
