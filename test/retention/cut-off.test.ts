import { afterAll, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlOn } from '../support/database.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { ADMIN } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { RETENTION, type Shop, shopOn } from './shop.ts'

const IMAGES = 500
const AT_ONCE = 25
/** On PostgreSQL a run is another's when its lease has ended, which takes 20 seconds. */
const LONGEST_MS = 300_000

const folders: string[] = []
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-'))
  folders.push(folder)
})
afterAll(async () => {
  for (const each of folders) await rm(each, { recursive: true, force: true })
})

function start(): Promise<Berth> {
  const env = { BERTH_AUTH: 'required', BERTH_ADMIN_PASSWORD: ADMIN.password, BERTH_TRASH_DAYS: '0' }
  return startBerth({ dataFolder: folder, env })
}

/** Many images, and rules that let all of them go but one. */
async function fill(shop: Shop): Promise<void> {
  await shop.admin('POST', '/projects', { name: 'shop' })
  const config = blobOf('the config of all')
  expect(await shop.client.pushBlob('shop/app', config)).toBe(201)
  for (let from = 0; from < IMAGES; from += AT_ONCE) {
    const pushed = Array.from({ length: AT_ONCE }, (_, at) =>
      shop.client.putManifest('shop/app', `b${from + at}`, imageOf([config], { note: `${from + at}` })),
    )
    expect(await Promise.all(pushed)).toEqual(Array(AT_ONCE).fill(201))
  }
  const rules = [
    { name: 'one stays', action: 'keep', select: { tags: [{ glob: 'b7' }] } },
    { name: 'the rest goes', action: 'delete' },
  ]
  expect(await shop.admin('PUT', RETENTION, { rules, fusePercent: 100 })).toMatchObject({ status: 200 })
  expect(await shop.admin('POST', `${RETENTION}/enforcement`)).toMatchObject({ status: 200 })
}

async function askForRun(shop: Shop): Promise<string> {
  const { status, body } = await shop.admin('POST', `${RETENTION}/runs`, {})
  expect(status).toBe(201)
  return body.id
}

async function tagCount(): Promise<number> {
  return Number((await sqlOn(folder, 'select count(*) as count from tags'))[0]?.count)
}

async function untilItDeletes(): Promise<void> {
  while ((await tagCount()) === IMAGES) await Bun.sleep(1)
}

test(
  'a run whose server is killed is ended by the next one',
  async () => {
    let id: string
    {
      await using berth = await start()
      const shop = shopOn(berth)
      await fill(shop)
      id = await askForRun(shop)
      await untilItDeletes()
      await berth.kill('SIGKILL')
    }
    const left = await tagCount()
    expect([left > 1, left < IMAGES]).toEqual([true, true])
    await using again = await start()
    const shop = shopOn(again)
    const run = await shop.ended(id)
    expect(run).toMatchObject({ outcome: 'completed', attempts: 2, kept: 1 })
    expect(await shop.tags('shop/app')).toEqual(['b7'])
    // What was deleted in the last second before the kill may be missing in its list, and is in the audit log.
    expect(run.deleted).toBeGreaterThanOrEqual(left - 1)
    expect(run.deleted).toBeLessThan(IMAGES)
    const items = await shop.items(id)
    expect(new Set(items.map(({ digest }) => digest)).size).toBe(items.length)
  },
  LONGEST_MS,
)

test(
  'a run that is stopped ends with what it has done, and the next one does the rest',
  async () => {
    await using berth = await start()
    const shop = shopOn(berth)
    await fill(shop)
    const id = await askForRun(shop)
    await untilItDeletes()
    const stopped = await shop.admin('POST', `${RETENTION}/runs/${id}/stop`)
    const run = await shop.ended(id)
    if (stopped.status === 204 && run.outcome === 'stopped') {
      expect(run.stoppedBy).toBe('admin')
      expect(run.deleted).toBe(IMAGES - (await tagCount()))
    }
    expect((await shop.run()).outcome).toBe('completed')
    expect(await shop.tags('shop/app')).toEqual(['b7'])
  },
  LONGEST_MS,
)
