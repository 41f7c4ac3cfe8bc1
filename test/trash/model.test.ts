import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { seededRandom } from '../support/random.ts'
import { blobOf, type Document, imageOf, indexOf } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'
import * as model from './model.ts'
import { BY_HAND, collect, type Entry, openRegistry, trashOf } from './trash-client.ts'

const ROUNDS = 12
const OPERATIONS = 30
const NAMES = ['app/one', 'app/two'] as const
const TAGS = ['a', 'b', 'c', 'd']

test('for random pushes, deletes, collections, restores, purges and kills, everything is as a plain model has it', async () => {
  const random = seededRandom()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-trash-'))
  const blobs = Array.from({ length: 8 }, (_, at) => blobOf(`blob ${at} of ${random.seed}`))
  const repositories = new Map(NAMES.map(name => [name, model.emptyRepository()]))
  let berth = await startBerth({ dataFolder, env: BY_HAND })
  const registry = () => openRegistry(berth)

  const put = async (name: (typeof NAMES)[number], document: Document) => {
    const tag = random.chance(0.6) ? random.pick(TAGS) : undefined
    const expected = model.put(repositories.get(name) as model.ModelRepository, document, tag)
    expect(await registry().client.putManifest(name, tag ?? document.digest, document)).toBe(expected)
  }
  const trashed = async (name: (typeof NAMES)[number], gone: Omit<model.ModelEntry, 'id'> | number, status: number) => {
    expect(status).toBe(typeof gone === 'number' ? gone : 202)
    if (typeof gone === 'number') return
    const { body } = await registry().api('GET', `/projects/app/trash?limit=1&repository=${name}`)
    const [entry] = body.items as readonly Entry[]
    expect(entry).toMatchObject({ kind: gone.kind, digest: gone.digest, tags: [...gone.tags] })
    repositories.get(name)?.trash.push({ ...gone, id: entry?.id ?? '' })
  }
  const operations: readonly ((name: (typeof NAMES)[number], repository: model.ModelRepository) => Promise<unknown>)[] =
    [
      async (name, { blobs: present }) => {
        const blob = random.pick(blobs)
        expect(await registry().client.pushBlob(name, blob)).toBe(201)
        present.add(blob.digest)
      },
      async (name, { blobs: present, manifests }) => {
        const chosen = blobs.filter(({ digest }) => present.has(digest) && random.chance(0.4))
        const subject = random.chance(0.3) && manifests.size > 0 ? random.pick([...manifests.values()]) : undefined
        const note = String(random.below(3))
        if (chosen.length > 0) await put(name, imageOf(chosen, subject ? { subject, note } : { note }))
      },
      async (name, { manifests }) => {
        const children = [...manifests.values()].filter(() => random.chance(0.4))
        if (children.length > 0) await put(name, indexOf(children, String(random.below(2))))
      },
      async (name, { manifests }) => {
        if (manifests.size > 0) await put(name, random.pick([...manifests.values()]))
      },
      async (name, repository) => {
        const tag = random.pick(TAGS)
        const gone = model.removeTag(repository, tag)
        await trashed(name, gone, await registry().client.remove(name, 'manifests', tag))
      },
      ...Array.from({ length: 2 }, () => async (name: (typeof NAMES)[number], repository: model.ModelRepository) => {
        if (repository.manifests.size === 0) return
        const digest = random.pick([...repository.manifests.keys()])
        const gone = model.removeManifest(repository, digest)
        await trashed(name, gone, await registry().client.remove(name, 'manifests', digest))
      }),
      async (name, repository) => {
        const { digest } = random.pick(blobs)
        const expected = model.removeBlob(repository, digest)
        expect(await registry().client.remove(name, 'blobs', digest)).toBe(expected)
      },
      async (_, repository) => {
        if (repository.trash.length === 0) return
        const entry = random.pick(repository.trash)
        const overwrite = random.chance(0.4)
        const expected = model.restore(repository, entry, overwrite)
        const { status, body } = await registry().api('POST', `/projects/app/trash/${entry.id}/restore`, { overwrite })
        expect(status).toBe(200)
        expect(body.notRestored).toEqual([])
        expect(body.restored.map(({ id }: { id: string }) => id)).toEqual(expected.restored)
        expect(body.keptTags.map(({ tag }: { tag: string }) => tag)).toEqual(expected.keptTags)
      },
      async (_, repository) => {
        if (repository.trash.length === 0 || random.chance(0.5)) return
        const entry = random.pick(repository.trash)
        const expected = model.purge(repository, entry)
        expect((await registry().api('DELETE', `/projects/app/trash/${entry.id}`)).status).toBe(expected)
      },
    ]
  const expectSame = async () => {
    const { client, api } = registry()
    for (const [name, repository] of repositories) {
      const { manifests, tags, trash } = repository
      const listed = await trashOf(api, 'app', `&repository=${name}`)
      expect(listed.map(({ id }) => id).toReversed()).toEqual(trash.map(({ id }) => id))
      expect((await client.list(`${name}/tags/list`, 'tags')) ?? []).toEqual([...tags.keys()].toSorted())
      for (const { digest, bytes } of blobs)
        expect(await client.get(name, 'blobs', digest)).toEqual(repository.blobs.has(digest) ? bytes : 404)
      const references = [
        ...tags,
        ...[...manifests.keys(), ...trash.map(({ digest }) => digest)].map(each => [each, each]),
      ]
      for (const [reference = '', digest = ''] of references)
        expect(await client.get(name, 'manifests', reference)).toEqual(manifests.get(digest)?.bytes ?? 404)
    }
  }
  const collectAll = async () => {
    for (const { trash } of repositories.values()) {
      for (const entry of trash) {
        if (entry.isDue || random.chance(0.7)) continue
        entry.isDue = true
        await sqlOn(dataFolder, 'update trash set expires_at = 1 where id = ?', [entry.id])
      }
    }
    const untagged = random.chance(0.5) ? 'delete' : 'keep'
    await collect({ dataFolder }, '--untagged', untagged)
    for (const repository of repositories.values()) model.collect(repository, untagged)
    const stored = (await (await storeOf(dataFolder)).objects()).map(({ digest }) => digest).toSorted()
    expect(stored).toEqual([...new Set([...repositories.values()].flatMap(model.storedIn))].toSorted())
  }
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let step = 0; step < OPERATIONS; step += 1) {
        const name = random.pick(NAMES)
        await random.pick(operations)(name, repositories.get(name) as model.ModelRepository)
      }
      if (random.chance(0.3)) {
        await berth.kill()
        berth = await startBerth({ dataFolder, env: BY_HAND })
      }
      if (random.chance(0.6)) await collectAll()
      await expectSame()
    }
    expect(await berthCommand(dataFolder, ['verify'])).toMatchObject({ code: 0 })
    for (const [, { trash }] of repositories) for (const entry of trash) entry.isDue = true
    await sqlOn(dataFolder, 'update trash set expires_at = 1')
    await collectAll()
    await expectSame()
    expect(await sqlOn(dataFolder, 'select * from trash_references')).toEqual([])
  } catch (error) {
    console.error(`BERTH_TEST_SEED=${random.seed} repeats this.`)
    throw error
  } finally {
    await berth.kill()
    await rm(dataFolder, { recursive: true, force: true })
  }
}, 300_000)
