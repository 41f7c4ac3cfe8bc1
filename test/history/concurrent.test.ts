import { expect, test } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { registryClient } from '../support/registry-client.ts'
import { apiOf } from '../support/sign-in.ts'
import { startBerth } from '../support/start-berth.ts'
import { digestOfTag, imageSaying, push } from './registry.ts'

const PUSHERS = 4
/** Within the project, to another one, back, and to a name that it had. */
const ROUTE = ['busy/app', 'busy/other', 'calm/app', 'busy/third', 'busy/app', 'calm/last'] as const

test('a repository that is renamed again and again while it is pushed to loses nothing that was acknowledged', async () => {
  await using berth = await startBerth({ env: { BERTH_GC_INTERVAL_SECONDS: '1', BERTH_GC_GRACE_SECONDS: '60' } })
  const client = registryClient(berth.url)
  const api = apiOf(berth.url)
  for (const project of ['busy', 'calm']) await push(client, `${project}/seed`, 'v1')
  await push(client, ROUTE[0], 'first')
  const acknowledged = new Map<string, string>()
  const odd: string[] = []
  let present: string = ROUTE[0]
  let isOver = false

  /** As people do: pushes to the name it knows, and to the new one when it is told. */
  const pusher = async (number: number) => {
    let name: string = ROUTE[0]
    for (let count = 0; !isOver; count += 1) {
      const tag = `p${number}-${count}`
      const { image, blobs } = imageSaying(tag)
      const statuses: number[] = []
      for (const blob of blobs) statuses.push(await client.pushBlob(name, blob))
      statuses.push(await client.putManifest(name, tag, image))
      if (statuses.at(-1) === 201) acknowledged.set(tag, image.digest)
      // A blob that went to the old name is not in the new one: nothing else may be wrong.
      const expected = [201, 403, 404]
      if (statuses.some(status => !expected.includes(status))) odd.push(`${tag} to ${name}: ${statuses}`)
      if (statuses.at(-1) !== 201) name = present
    }
  }
  /** Everything that was acknowledged is pulled by the first name, at any moment. */
  const puller = async () => {
    while (!isOver) {
      for (const [tag, digest] of [...acknowledged].slice(-3)) {
        const found = await digestOfTag(client, ROUTE[0], tag)
        if (found !== digest) odd.push(`${tag} pulled: ${found}`)
      }
      await Bun.sleep(5)
    }
  }
  const working = [...Array.from({ length: PUSHERS }, (_, number) => pusher(number)), puller()]
  for (const [at, to] of ROUTE.slice(1).entries()) {
    await Bun.sleep(700)
    const from = ROUTE[at] as string
    const body = { repository: from, to }
    const { status } = await api('POST', `/projects/${from.split('/')[0]}/rename-repository`, body)
    expect([from, to, status]).toEqual([from, to, 200])
    present = to
  }
  await Bun.sleep(700)
  while (acknowledged.size <= 20) await Bun.sleep(20)
  isOver = true
  await Promise.all(working)
  expect(odd).toEqual([])
  for (const [tag, digest] of acknowledged) {
    expect([tag, await digestOfTag(client, 'calm/last', tag)]).toEqual([tag, digest])
    for (const { digest: blob } of imageSaying(tag).blobs) expect(await client.head(ROUTE[0], 'blobs', blob)).toBe(200)
  }
  const { repositories } = (await (await fetch(`${berth.url}/v2/_catalog`)).json()) as { repositories: string[] }
  expect(repositories.sort()).toEqual(['busy/seed', 'calm/last', 'calm/seed'])
  expect(await berthCommand(berth.dataFolder, ['gc', '--grace', '0'])).toMatchObject({ code: 0 })
  expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
  for (const [tag, digest] of acknowledged) expect(await digestOfTag(client, ROUTE[0], tag)).toBe(digest)
})

test('a project that is renamed while it is pushed to loses nothing that was acknowledged', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  const api = apiOf(berth.url)
  await push(client, 'one/app', 'first')
  const acknowledged = new Map<string, string>()
  let project = 'one'
  let isOver = false
  const pusher = async (number: number) => {
    for (let count = 0; !isOver; count += 1) {
      const [tag, repository] = [`p${number}-${count}`, `app-${count % 3}`]
      const { image, blobs } = imageSaying(`${repository} ${tag}`)
      for (const blob of blobs) await client.pushBlob(`${project}/${repository}`, blob)
      const isPushed = (await client.putManifest(`${project}/${repository}`, tag, image)) === 201
      if (isPushed) acknowledged.set(`${repository} ${tag}`, image.digest)
    }
  }
  const working = Array.from({ length: PUSHERS }, (_, number) => pusher(number))
  for (const to of ['two', 'three', 'one']) {
    await Bun.sleep(700)
    expect((await api('POST', `/projects/${project}/rename`, { to })).status).toBe(200)
    project = to
  }
  await Bun.sleep(500)
  while (acknowledged.size <= 20) await Bun.sleep(20)
  isOver = true
  await Promise.all(working)
  for (const [key, digest] of acknowledged) {
    const [repository = '', tag = ''] = key.split(' ')
    for (const each of ['one', 'two', 'three'])
      expect([each, key, await digestOfTag(client, `${each}/${repository}`, tag)]).toEqual([each, key, digest])
  }
  const { repositories } = (await (await fetch(`${berth.url}/v2/_catalog`)).json()) as { repositories: string[] }
  expect(repositories.every(name => name.startsWith('one/'))).toBe(true)
  expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
})
