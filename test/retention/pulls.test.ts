import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { blobOf, type Document, imageOf, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf, type Caller, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

const OFTEN = { BERTH_RETENTION_RECORD_PULLS_SECONDS: '0.05' }

let berth: Berth
let admin: Api
let scanner: Caller
let person: Caller
beforeAll(async () => {
  berth = await startClosed(OFTEN)
  admin = apiOf(berth.url, ADMIN)
  await admin('POST', '/projects', { name: 'shop' })
  scanner = await userOf(admin, 'scanner-1')
  person = await userOf(admin, 'ada')
  for (const { name } of [scanner, person])
    await admin('POST', '/projects/shop/members', { subject: { kind: 'user', name }, role: 'developer' })
  await admin('PUT', '/projects/shop/retention', { rules: [], ignoredPullers: ['scanner-*'] })
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const clientOf = (who: Caller, { url }: Berth = berth) => registryClient(url, { Authorization: basicOf(who) })

async function push(tag: string, to: Berth = berth): Promise<Document> {
  const blob = blobOf(`config of ${tag}`)
  const image = imageOf([blob], { note: tag })
  const client = clientOf(ADMIN, to)
  expect(await client.pushBlob('shop/app', blob)).toBe(201)
  expect(await client.putManifest('shop/app', tag, image)).toBe(201)
  return image
}

async function pulledAt({ digest }: Document, { dataFolder }: Berth = berth): Promise<number | undefined> {
  const rows = await sqlOn(dataFolder, `select pulled_at from last_pulls where digest = '${digest}'`)
  return rows[0] && Number(rows[0].pulled_at)
}

const isRecorded = (image: Document) => until(async () => (await pulledAt(image)) !== undefined)

test('a pull by tag or by digest is written down soon, and only once an hour', async () => {
  const image = await push('v1')
  const from = Date.now()
  await clientOf(person).get('shop/app', 'manifests', 'v1')
  expect(await isRecorded(image)).toBe(true)
  const first = await pulledAt(image)
  expect(first).toBeGreaterThanOrEqual(from)
  const other = await push('v2')
  await clientOf(person).get('shop/app', 'manifests', image.digest)
  await clientOf(person).get('shop/app', 'manifests', other.digest)
  expect(await isRecorded(other)).toBe(true)
  expect(await pulledAt(image)).toBe(first as number)
})

test('neither a question nor a pull by somebody whom the policy ignores counts', async () => {
  const [asked, scanned, pulled] = [await push('asked'), await push('scanned'), await push('pulled')]
  await clientOf(person).head('shop/app', 'manifests', 'asked')
  await clientOf(scanner).get('shop/app', 'manifests', 'scanned')
  await clientOf(scanner).get('shop/app', 'manifests', 'pulled')
  await clientOf(person).get('shop/app', 'manifests', 'pulled')
  expect(await isRecorded(pulled)).toBe(true)
  expect(await pulledAt(asked)).toBeUndefined()
  expect(await pulledAt(scanned)).toBeUndefined()
})

test('who is ignored no more counts from then on', async () => {
  const image = await push('later')
  await clientOf(scanner).get('shop/app', 'manifests', 'later')
  await admin('PUT', '/projects/shop/retention', { rules: [] })
  expect(
    await until(async () => {
      await clientOf(scanner).get('shop/app', 'manifests', 'later')
      return (await pulledAt(image)) !== undefined
    }),
  ).toBe(true)
})

test('what was pulled last is written down when a server stops', async () => {
  await using other = await startClosed({ BERTH_RETENTION_RECORD_PULLS_SECONDS: '3600' })
  const image = await push('last', other)
  await clientOf(ADMIN, other).get('shop/app', 'manifests', 'last')
  expect(await pulledAt(image, other)).toBeUndefined()
  await other.stop()
  expect(await pulledAt(image, other)).toBeDefined()
})
