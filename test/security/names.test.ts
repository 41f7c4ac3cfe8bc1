import { expect, test } from 'bun:test'
import { rawRequest, statusOf } from '../support/raw-request.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { expectAll, type Headers, secured } from './secured.ts'

const secret = blobOf('what mallory must not see')
const image = imageOf([secret])

let mallory: Headers
const running = secured(async ({ identities, member, pushBlob, pushManifest }) => {
  for (const project of ['shop', 'bank']) await identities.project(project)
  await identities.project('open', 'public')
  const owner = await member('bank', 'owner', 'owner')
  expect(await pushBlob('bank/vault', secret, owner)).toBe(201)
  expect(await pushManifest('bank/vault', 'v1', image, owner)).toBe(201)
  mallory = await member('shop', 'mallory', 'owner')
  // Something is there, so that a name that is taken for another finds it.
  expect(await pushBlob('shop/web', blobOf('{}'), mallory)).toBe(201)
  expect(await pushManifest('shop/web', 'v1', imageOf([blobOf('{}')]), mallory)).toBe(201)
})

/** As the path was written: fetch would tidy it up. */
async function raw(method: string, path: string, headers: Headers): Promise<string> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return rawRequest(
    running().berth.host,
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join('')}\r\n`,
  )
}

/** Ways to write another project's repository so that a part of Berth, or a proxy, might read mallory's own. */
const ESCAPES = [
  'shop/../bank/vault',
  'shop/web/../../bank/vault',
  'shop/%2e%2e/bank/vault',
  'shop/%2E%2E/bank/vault',
  'shop/..%2fbank/vault',
  'shop%2f..%2fbank/vault',
  'shop/..%5cbank/vault',
  'shop/..\\bank\\vault',
  'shop/..;/bank/vault',
  'shop//../../bank/vault',
  'shop/./../bank/vault',
  '/bank/vault',
  '//bank/vault',
  './bank/vault',
  'bank%2fvault',
  'bank%252fvault',
  'shop%00/../bank/vault',
  'bank/vault%00',
  'bank//vault',
  'bank/vault/',
  'bank/vault/.',
  'bank/vault/web/..',
  'shop%2e',
  'BANK/vault',
  'Bank/Vault',
  'bank%20/vault',
  'bank/vault%0a',
  'bank/vault%0d%0aX-Injected:%20yes',
  'bаnk/vault',
  'ｂａｎｋ/vault',
  'bank／vault',
  'bank/vault%c0%af',
  'bank/vau%6ct',
  '%62ank/vault',
  '_catalog',
  'shop/_catalog',
] as const

test('no way of writing a name leads to a repository of another project', async () => {
  const suffixes = [
    ['GET', `manifests/v1`],
    ['GET', `manifests/${image.digest}`],
    ['GET', `blobs/${secret.digest}`],
    ['HEAD', `blobs/${secret.digest}`],
    ['GET', 'tags/list'],
    ['GET', `referrers/${image.digest}`],
    ['POST', 'blobs/uploads/'],
    ['DELETE', 'manifests/v1'],
  ] as const
  const odd: string[] = []
  for (const written of ESCAPES) {
    for (const [method, suffix] of suffixes) {
      const answer = await raw(method, `/v2/${written}/${suffix}`, mallory)
      const status = statusOf(answer)
      // 403 says that it was understood as bank/vault and refused; 400, 404 and 405 that it is no name or no endpoint.
      const isRefused = [400, 403, 404, 405].includes(status)
      if (!isRefused || answer.includes('mallory must not see') || /^x-injected/im.test(answer))
        odd.push(`${method} ${written}/${suffix}: ${answer.slice(0, 200)}`)
    }
  }
  expect(odd).toEqual([])
})

test('no way of writing a path leads around the question who is asking', async () => {
  await expectAll(
    [
      '//v2/_catalog',
      '/v2//_catalog',
      '/v2/_catalog/',
      '/v2/%5fcatalog',
      '/v2/./_catalog',
      '/V2/_catalog',
      '/v2/../v2/_catalog',
      '/livez/../v2/_catalog',
      '/livez/%2e%2e/v2/_catalog',
      '/livez/..%2fv2/_catalog',
      '/token/../v2/_catalog',
      '/.well-known/jwks.json/../../v2/_catalog',
      '/v2/_catalog;/livez',
      '/v2/_catalog%00/livez',
      '/v2/_catalog#/livez',
      'http://x/v2/_catalog',
      '/livez?/../v2/_catalog',
      '/metrics/',
      '/metrics/../metrics',
      '/%6detrics',
      '//metrics',
      '/livez/../metrics',
    ],
    async path => {
      const answer = await raw('GET', path, {})
      return answer.includes('"repositories"') || answer.includes('berth_') || /\r\n\r\n[^{]*bank/.test(answer)
    },
    false,
  )
})

test('a project’s name that begins another’s is not it', async () => {
  const { status } = running()
  await expectAll(
    ['shopping/web', 'shop-2/web', 'sho/web', 'shop.x/web', 'web/shop', 'bank/shop/web'],
    repository => status('POST', `${repository}/blobs/uploads/`, mallory),
    403,
  )
})

test('a repository is refused in the same words whether its project is there or not', async () => {
  const { ask } = running()
  const refusal = async (repository: string, headers: Headers) => {
    const response = await ask('GET', `${repository}/tags/list`, headers)
    const text = (await response.text())
      .replaceAll(repository, '<name>')
      .replaceAll(repository.split('/')[0] as string, '<project>')
    const challenge = response.headers.get('WWW-Authenticate')?.replace(repository, '<name>')
    return { status: response.status, text, challenge }
  }
  for (const headers of [mallory, {}])
    expect(await refusal('bank/vault', headers)).toEqual(await refusal('nowhere/vault', headers))
  expect((await refusal('bank/vault', mallory)).status).toBe(403)
})
