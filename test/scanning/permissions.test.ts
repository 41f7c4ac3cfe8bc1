import { afterAll, beforeAll, expect, test } from 'bun:test'
import { registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { layerOf, npm, push, SCANNING, untilScanned } from './images.ts'

let berth: Berth
let ada: Api
beforeAll(async () => {
  berth = await startClosed(SCANNING)
  const admin = apiOf(berth.url, ADMIN)
  for (const name of ['shop', 'bank']) await admin('POST', '/projects', { name, visibility: 'private' })
  const client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  for (const repository of ['bank/vault', 'shop/hidden', 'shop/web', 'bank/after'])
    await push(client, repository, 'v1', layerOf(npm(repository, 'left-pad', '1.3.0')))
  for (const repository of ['bank/vault', 'shop/hidden', 'shop/web', 'bank/after'])
    await untilScanned(admin, repository, 'v1')
  ada = apiOf(berth.url, await userOf(admin, 'ada'))
  const subject = { kind: 'user', name: 'ada' }
  await admin('POST', '/projects/shop/members', { subject, role: 'reader', repositories: 'shop/web' })
  await until(async () => (await ada('GET', '/images/scan?repository=shop/web&reference=v1')).status === 200)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

test('a search for a package finds it where the caller may pull, and nowhere else', async () => {
  for (const limit of ['1', '100']) {
    const { body } = await ada('GET', `/packages?name=left-pad&limit=${limit}`)
    expect(body.items.map((item: { repository: string }) => item.repository)).toEqual(['shop/web'])
  }
})

test('what an image holds is for whoever may pull it; to have it scanned again is not for readers', async () => {
  for (const path of ['scan', 'packages', 'findings', 'sbom']) {
    expect((await ada('GET', `/images/${path}?repository=shop/web&reference=v1`)).status).toBe(200)
    expect((await ada('GET', `/images/${path}?repository=bank/vault&reference=v1`)).status).toBe(403)
  }
  expect((await ada('POST', '/images/scan?repository=shop/web&reference=v1')).status).toBe(403)
})
