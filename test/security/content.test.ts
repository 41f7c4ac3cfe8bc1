import { describe, expect, test } from 'bun:test'
import { basic, bearer, registryToken } from '../support/identities.ts'
import { type Bytes, blobOf, imageOf, indexOf } from '../support/registry-client.ts'
import { type Headers, secured } from './secured.ts'

const secret = blobOf('a foreign secret')
const foreign = imageOf([secret])
const mine = blobOf('{}')
const image = imageOf([mine])

let owner: Headers
let mallory: Headers
const running = secured(async ({ identities, member, pushBlob, pushManifest }) => {
  for (const project of ['bank', 'shop', 'team']) await identities.project(project)
  await identities.project('open', 'public')
  owner = await member('bank', 'owner', 'owner')
  mallory = await member('shop', 'mallory', 'owner')
  expect(await pushBlob('bank/vault', secret, owner)).toBe(201)
  expect(await pushManifest('bank/vault', 'v1', foreign, owner)).toBe(201)
  expect(await pushBlob('shop/web', mine, mallory)).toBe(201)
  expect(await pushManifest('shop/web', 'v1', image, mallory)).toBe(201)
})

describe('to know the digest of a foreign blob', () => {
  test('gives it to nobody by HEAD or GET', async () => {
    const { status } = running()
    for (const [kind, digest] of [
      ['blobs', secret.digest],
      ['manifests', foreign.digest],
    ]) {
      for (const method of ['HEAD', 'GET']) {
        expect(await status(method, `bank/vault/${kind}/${digest}`, mallory)).toBe(403)
        expect(await status(method, `shop/web/${kind}/${digest}`, mallory)).toBe(404)
      }
    }
  })

  test('does not mount it, with or without saying from where', async () => {
    const { status, ask } = running()
    for (const from of [
      '&from=bank/vault',
      '',
      '&from=shop/web',
      '&from=nowhere/x',
      '&from=bank%2fvault',
      '&from=../bank/vault',
    ]) {
      const response = await ask('POST', `shop/web/blobs/uploads/?mount=${secret.digest}${from}`, mallory)
      expect([from, response.status]).toEqual([from, 202])
      expect(response.headers.get('Docker-Content-Digest')).toBeNull()
      expect(await status('HEAD', `shop/web/blobs/${secret.digest}`, mallory)).toBe(404)
    }
  })

  test('does not mount it by a registry token that asked for both', async () => {
    const { berth, status } = running()
    const scopes = ['repository:shop/web:pull,push', 'repository:bank/vault:pull']
    const token = bearer(await registryToken(berth.url, mallory, ...scopes))
    expect(await status('POST', `shop/web/blobs/uploads/?mount=${secret.digest}&from=bank/vault`, token)).toBe(202)
    expect(await status('HEAD', `shop/web/blobs/${secret.digest}`, mallory)).toBe(404)
  })

  test('does not finish an upload as it without its bytes', async () => {
    const { status, ask, berth } = running()
    expect(await status('POST', `shop/web/blobs/uploads/?digest=${secret.digest}`, mallory)).toBe(400)
    for (const bytes of ['', 'x', 'a foreign secreT']) {
      const begun = await ask('POST', 'shop/web/blobs/uploads/', mallory)
      const location = new URL(begun.headers.get('Location') as string, berth.url)
      location.searchParams.set('digest', secret.digest)
      const answered = await fetch(location, { method: 'PUT', headers: mallory, body: bytes })
      expect(answered.status).toBe(400)
      expect(await status('HEAD', `shop/web/blobs/${secret.digest}`, mallory)).toBe(404)
    }
  })

  test('does not let a manifest name it', async () => {
    const { pushManifest, status } = running()
    expect(await pushManifest('shop/web', 'stolen', imageOf([mine, secret]), mallory)).toBe(404)
    expect(await pushManifest('shop/web', 'stolen', imageOf([secret]), mallory)).toBe(404)
    expect(await pushManifest('shop/web', 'stolen', indexOf([foreign]), mallory)).toBe(404)
    expect(await status('GET', 'shop/web/manifests/stolen', mallory)).toBe(404)
  })

  test('shows nothing of its repository through tags or referrers of another', async () => {
    const { ask, pushManifest, pushBlob } = running()
    const referrer = imageOf([secret], { subject: foreign, artifactType: 'application/x.sbom' })
    expect(await pushManifest('bank/vault', referrer.digest, referrer, owner)).toBe(201)
    const listed = await (await ask('GET', `shop/web/referrers/${foreign.digest}`, mallory)).json()
    expect(listed).toMatchObject({ manifests: [] })
    // And one who refers to it from elsewhere appears nowhere but there.
    expect(await pushBlob('shop/web', mine, mallory)).toBe(201)
    const planted = imageOf([mine], { subject: foreign, artifactType: 'application/x.planted' })
    expect(await pushManifest('shop/web', planted.digest, planted, mallory)).toBe(201)
    const own = (await (await ask('GET', `bank/vault/referrers/${foreign.digest}`, owner)).json()) as {
      manifests: Bytes[]
    }
    expect(own.manifests.map(({ digest }) => digest)).toEqual([referrer.digest])
    expect(await (await ask('GET', 'shop/web/tags/list', mallory)).json()).toEqual({ name: 'shop/web', tags: ['v1'] })
  })
})

test('two private projects of one person mount from one another, by both scopes of one token', async () => {
  const { berth, identities, status, member } = running()
  const both = await member('bank', 'both', 'reader')
  await identities.grant('team', 'both', 'developer')
  const mount = (headers: Headers) =>
    status('POST', `team/copy/blobs/uploads/?mount=${secret.digest}&from=bank/vault`, headers)
  const one = bearer(await registryToken(berth.url, both, 'repository:team/copy:pull,push'))
  expect(await mount(one)).toBe(202)
  const two = await registryToken(berth.url, both, 'repository:team/copy:pull,push', 'repository:bank/vault:pull')
  expect(await mount(bearer(two))).toBe(201)
  expect(await mount(both)).toBe(201)
})

describe('an upload session is its own repository’s and identity’s:', () => {
  test('nobody else and from nowhere else it is read, written, finished or dropped', async () => {
    const { ask, status, member, berth } = running()
    const other = await member('shop', 'colleague', 'owner')
    const begun = await ask('POST', 'shop/web/blobs/uploads/', mallory)
    const id = begun.headers.get('Docker-Upload-UUID') as string
    const methods = ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'] as const
    const attempt = (method: string, repository: string, headers: Headers) =>
      status(
        method,
        `${repository}/blobs/uploads/${id}?digest=${mine.digest}`,
        headers,
        method === 'PATCH' || method === 'PUT' ? new Uint8Array(mine.bytes) : undefined,
      )
    for (const method of methods) {
      expect([method, await attempt(method, 'shop/web', other)]).toEqual([method, 404])
      expect([method, await attempt(method, 'shop/api', mallory)]).toEqual([method, 404])
      expect([method, await attempt(method, 'shop/web', owner)]).toEqual([method, 403])
      expect([method, await attempt(method, 'shop/web', {})]).toEqual([method, 401])
    }
    // It is untouched.
    const kept = await fetch(`${berth.url}/v2/shop/web/blobs/uploads/${id}`, { headers: mallory })
    expect([kept.status, kept.headers.get('Range')]).toEqual([204, begun.headers.get('Range')])
    expect(await attempt('PUT', 'shop/web', mallory)).toBe(201)
  })

  test('by a registry token or a personal one it is the same person’s', async () => {
    const { ask, berth, status } = running()
    const begun = await ask('POST', 'shop/web/blobs/uploads/', mallory)
    const id = begun.headers.get('Docker-Upload-UUID') as string
    const token = bearer(await registryToken(berth.url, mallory, 'repository:shop/web:push'))
    expect(await status('GET', `shop/web/blobs/uploads/${id}`, token)).toBe(204)
  })
})

describe('tags:', () => {
  test('who may create and not overwrite sets a new tag once, however many try at once', async () => {
    const { identities, member, pushBlob, pushManifest, ask } = running()
    await identities.tables.roles.put({ name: 'creator', permissions: ['pull', 'push'], now: Date.now() })
    const creators = await Promise.all(['c1', 'c2', 'c3'].map(name => member('team', name, 'creator')))
    const images = Array.from({ length: 12 }, (_, index) => imageOf([mine], { note: `${index}` }))
    expect(await pushBlob('team/app', mine, creators[0] as Headers)).toBe(201)
    for (const tag of ['v1', 'latest']) {
      const statuses = await Promise.all(
        images.map((each, index) => pushManifest('team/app', tag, each, creators[index % 3] as Headers)),
      )
      expect(statuses.toSorted()).toEqual([201, ...Array(11).fill(403)])
      const winner = images[statuses.indexOf(201)]
      const stored = await ask('GET', `team/app/manifests/${tag}`, creators[0] as Headers)
      expect(stored.headers.get('Docker-Content-Digest')).toBe(winner?.digest as string)
      // The same image again changes nothing, and may be pushed.
      expect(await pushManifest('team/app', tag, winner as (typeof images)[0], creators[1] as Headers)).toBe(201)
    }
  })

  test('the parameter "tag" of a push by digest is held to the same rule', async () => {
    const { member, pushBlob, pushManifest, status } = running()
    const creator = await member('team', 'c4', 'creator')
    const [first, second] = [imageOf([mine], { note: 'first' }), imageOf([mine], { note: 'second' })]
    expect(await pushBlob('team/by-digest', mine, creator)).toBe(201)
    expect(await pushManifest('team/by-digest', 'v1', first, creator)).toBe(201)
    const tagged = await status(
      'PUT',
      `team/by-digest/manifests/${second.digest}?tag=new&tag=v1`,
      { ...creator, 'Content-Type': second.mediaType },
      new Uint8Array(second.bytes),
    )
    expect(tagged).toBe(403)
    expect(await status('GET', 'team/by-digest/manifests/new', creator)).toBe(404)
    expect(await status('GET', `team/by-digest/manifests/${second.digest}`, creator)).toBe(404)
  })

  test('a role for some tags sets, moves and removes no others', async () => {
    const { identities, member, pushBlob, pushManifest, status } = running()
    const team = await member('team', 'team-owner', 'owner')
    const dev = await member('team', 'dev', 'owner', { tags: 'dev-*' })
    expect(await pushBlob('team/tags', mine, team)).toBe(201)
    expect(await pushManifest('team/tags', 'v1', image, team)).toBe(201)
    expect(await pushManifest('team/tags', 'dev-1', image, dev)).toBe(201)
    expect(await pushManifest('team/tags', 'v1', imageOf([mine], { note: 'x' }), dev)).toBe(403)
    expect(await pushManifest('team/tags', 'v2', image, dev)).toBe(403)
    expect(await status('DELETE', 'team/tags/manifests/v1', dev)).toBe(403)
    // By its digest the manifest would take the tag v1 with it.
    expect(await status('DELETE', `team/tags/manifests/${image.digest}`, dev)).toBe(403)
    expect(await status('DELETE', `team/tags/blobs/${mine.digest}`, dev)).toBe(409)
    expect(await status('GET', 'team/tags/manifests/v1', team)).toBe(200)
    expect(await status('DELETE', 'team/tags/manifests/dev-1', dev)).toBe(202)
    expect(identities).toBeDefined()
  })
})

test('what was pushed is never a page to a browser', async () => {
  const { ask, pushBlob } = running()
  const page = blobOf('<!doctype html><script>alert(1)</script>')
  expect(await pushBlob('shop/web', page, mallory)).toBe(201)
  const blobOfPage = await ask('GET', `shop/web/blobs/${page.digest}`, { ...mallory, Accept: 'text/html' })
  expect(blobOfPage.headers.get('Content-Type')).toBe('application/octet-stream')
  expect(blobOfPage.headers.get('Content-Disposition')).toBe('attachment')
  for (const path of [
    `shop/web/manifests/v1`,
    'shop/web/manifests/<script>',
    '<script>/tags/list',
    'shop/web/tags/list?n=<script>',
  ]) {
    const response = await ask('GET', path, { ...mallory, Accept: 'text/html' })
    expect([path, response.headers.get('Content-Type')]).toEqual([
      path,
      expect.stringMatching(/^application\/[a-z.+0-9-]*json/),
    ])
  }
})

describe('the catalog', () => {
  const repositories = async (headers: Headers, query = '') => {
    const names: string[] = []
    for (let path: string | undefined = `_catalog${query}`; path; ) {
      const response: Response = await running().ask('GET', path, headers)
      const body = (await response.json()) as { repositories?: string[] }
      names.push(...(body.repositories ?? [`status ${response.status}`]))
      path = /<\/v2\/([^>]+)>/.exec(response.headers.get('Link') ?? '')?.[1]
    }
    return names
  }
  test('shows what the caller may see, on every page', async () => {
    const { identities, pushBlob } = running()
    await identities.user('root', { systemRole: 'administrator' })
    const root = basic('root', (await identities.token('root')).secret)
    expect(await pushBlob('open/image', mine, root)).toBe(201)
    for (const query of ['', '?n=1', '?n=2', '?n=100000']) {
      expect(await repositories(mallory, query)).toEqual(['open/image', 'shop/web'])
      expect(await repositories(owner, query)).toEqual(['bank/vault', 'open/image'])
    }
    expect(await repositories({})).toEqual(['status 401'])
    expect((await repositories(root)).slice(0, 2)).toEqual(['bank/vault', 'open/image'])
  })
  test('shows no more to a token that is for it', async () => {
    const { berth } = running()
    const token = await registryToken(berth.url, mallory, 'registry:catalog:*')
    expect(await repositories(bearer(token))).toEqual(['open/image', 'shop/web'])
    const scope = [{ repositories: 'shop/**', permissions: ['push'] }]
    const restricted = await running().identities.token('mallory', { scope })
    expect(await repositories(bearer(restricted.secret))).toEqual([])
  })
})
