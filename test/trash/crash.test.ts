import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { onPostgres } from '../support/database.ts'
import { seededRandom } from '../support/random.ts'
import { type Bytes, type Document, imageOf, indexOf } from '../support/registry-client.ts'
import type { Api } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { collect, type Entry, openRegistry, someBlob, trashOf } from './trash-client.ts'

const SETTINGS = {
  BERTH_GC_INTERVAL_SECONDS: '0.02',
  BERTH_GC_GRACE_SECONDS: '0.4',
  BERTH_GC_UNTAGGED: 'delete',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  BERTH_LOG_REQUESTS: 'none',
}
const KILLS = onPostgres ? 12 : 30
const MOST_KILLS = 5 * KILLS

/** Two images under an index, pushed and acknowledged; each tagged, so that nothing of it goes by itself. */
interface Pushed {
  readonly repository: string
  readonly tag: string
  readonly index: Document
  readonly children: readonly Document[]
  readonly blobs: readonly Bytes[]
  /** Somebody asked for the end of it, and was answered or not. */
  isPurged: boolean
}

test(`nothing that was deleted and not purged is lost when the server is killed ${KILLS} times`, async () => {
  const random = seededRandom()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-trash-crash-'))
  const everything: Pushed[] = []
  const counts = { deleted: 0, restored: 0, purged: 0, cutOff: 0 }
  const unexpected: string[] = []

  /** False when the connection was cut before the answer. */
  const answered = async (what: string, request: Promise<number>, ...fine: readonly number[]) => {
    const status = await request.catch(() => undefined)
    if (status === undefined) counts.cutOff += 1
    else if (!fine.includes(status)) unexpected.push(`${what}: ${status}`)
    return status
  }
  const pushOne = async ({ client }: ReturnType<typeof openRegistry>, repository: string): Promise<boolean> => {
    const blobs = [someBlob(), someBlob()]
    const children = blobs.map(blob => imageOf([blob]))
    const index = indexOf(children)
    const tag = `t${everything.length}`
    for (const blob of blobs)
      if ((await answered('blob', client.pushBlob(repository, blob), 201)) === undefined) return false
    for (const [at, child] of children.entries()) {
      // 404: the server was so slow that the blob, or the child, was collected in between.
      const status = await answered('child', client.putManifest(repository, `${tag}-${at}`, child), 201, 404)
      if (status === undefined) return false
      if (status === 404) return true
    }
    const status = await answered('index', client.putManifest(repository, tag, index), 201)
    if (status === 201) everything.push({ repository, tag, index, children, blobs, isPurged: false })
    return status !== undefined
  }
  const deleteOne = async ({ client }: ReturnType<typeof openRegistry>, repository: string): Promise<boolean> => {
    const mine = everything.filter(each => each.repository === repository && !each.isPurged)
    if (mine.length === 0) return true
    const { index, children, tag } = random.pick(mine)
    const references = random.chance(0.3) ? [tag] : [index.digest, ...children.map(({ digest }) => digest)]
    for (const reference of references) {
      const status = await answered('delete', client.remove(repository, 'manifests', reference), 202, 404, 409)
      if (status === undefined) return false
      if (status === 202) counts.deleted += 1
    }
    return true
  }
  const changeTrash = async ({ api }: ReturnType<typeof openRegistry>, repository: string): Promise<boolean> => {
    const entries = await trashOf(api, 'app', `&repository=${repository}`).catch(() => undefined)
    if (!entries) return false
    if (entries.length === 0) return true
    const entry = random.pick(entries)
    const status = await (random.chance(0.2) ? purgeOne(api, entry) : restoreOne(api, entry))
    return status !== undefined
  }
  const restoreOne = async (api: Api, { id }: Entry) => {
    const request = api('POST', `/projects/app/trash/${id}/restore`, { overwrite: true }).then(({ status }) => status)
    const status = await answered('restore', request, 200, 404)
    if (status === 200) counts.restored += 1
    return status
  }
  const purgeOne = async (api: Api, { id, digest }: Entry) => {
    for (const each of everything)
      if ([each.index, ...each.children].some(document => document.digest === digest)) each.isPurged = true
    const request = api('DELETE', `/projects/app/trash/${id}`).then(({ status }) => status)
    const status = await answered('purge', request, 204, 404, 409)
    if (status === 204) counts.purged += 1
    return status
  }
  const workUntilCutOff = async (berth: Berth, repository: string) => {
    const registry = openRegistry(berth)
    for (let goesOn = true; goesOn; )
      goesOn = await random.pick([pushOne, pushOne, deleteOne, changeTrash])(registry, repository)
  }
  const expectNothingLost = async (berth: Berth) => {
    const { client, api } = openRegistry(berth)
    for (const { id } of await trashOf(api)) {
      const { status, body } = await api('POST', `/projects/app/trash/${id}/restore`, {})
      if (status === 200) expect(body.notRestored).toEqual([])
    }
    await collect(berth, '--untagged', 'delete')
    for (const { repository, index, children, blobs, isPurged } of everything) {
      if (isPurged) continue
      for (const { digest, bytes } of [index, ...children])
        expect(await client.get(repository, 'manifests', digest)).toEqual(bytes)
      for (const { digest, bytes } of blobs) expect(await client.get(repository, 'blobs', digest)).toEqual(bytes)
    }
    expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
  }
  try {
    const least = () => Math.min(counts.deleted, counts.restored, counts.purged)
    // A slow machine gets to less between two kills.
    let kills = 0
    for (; kills < KILLS || (least() === 0 && kills < MOST_KILLS); kills += 1) {
      const berth = await startBerth({ dataFolder, env: SETTINGS })
      const working = ['app/one', 'app/two', 'app/three'].map(repository => workUntilCutOff(berth, repository))
      await Bun.sleep(150 + random.below(onPostgres ? 1200 : 600))
      await berth.kill()
      await Promise.all(working)
    }
    expect(unexpected).toEqual([])
    await using berth = await startBerth({ dataFolder, env: { ...SETTINGS, BERTH_GC_INTERVAL_SECONDS: '0' } })
    await expectNothingLost(berth)
    console.log(`${kills} kills, ${everything.length} indexes pushed: ${JSON.stringify(counts)}`)
    expect(least()).toBeGreaterThan(0)
  } catch (error) {
    console.error(`BERTH_TEST_SEED=${random.seed} repeats the choices of this.`)
    throw error
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
}, 600_000)
