import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import type { OpenedEngine } from '../engine.contract.ts'
import { createMetadata, type Metadata } from '../metadata.ts'
import { ensureRepository } from '../repositories.ts'
import type { NewPackage } from './packages.ts'
import type { DueImage } from './queue.ts'

const digestOf = (number: number) => `sha256:${String(number).padStart(64, '0')}` as Digest
const packageOf = (name: string, version: string, ecosystem = 'npm'): NewPackage => ({
  ecosystem,
  name,
  version,
  purl: `pkg:npm/${name}@${version}`,
  licences: ['MIT'],
})
const APP = 'team/app' as RepositoryName

/** What the keeping of inventories promises on every engine. */
export function inventoriesContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`inventories on ${name}:`, () => {
    let opened: OpenedEngine
    let metadata: Metadata
    let tables: Metadata['inventories']
    beforeEach(async () => {
      opened = await open()
      metadata = createMetadata(opened.engine)
      tables = metadata.inventories
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    /** A manifest, described at `now`. */
    async function push(number: number, now: number, repository = APP): Promise<void> {
      const id = await opened.engine.write(async queries => {
        const repository_id = await ensureRepository(queries, repository, 1)
        const row = await queries
          .insertInto('manifests')
          .values({
            repository_id,
            digest: digestOf(number),
            media_type: 'application/vnd.oci.image.manifest.v1+json',
            artifact_type: null,
            subject: null,
            annotations: null,
            size_bytes: 2,
            pushed_at: now,
            state: 'stored',
            bytes: new TextEncoder().encode('{}'),
            described_at: null,
          })
          .returning('id')
          .executeTakeFirstOrThrow()
        return row.id
      })
      await metadata.details.descriptions.describe([{ id }], now)
    }
    const take = async (now: number, except: readonly number[] = []) =>
      (await tables.queue.take(now, except)) as DueImage
    async function keep(image: DueImage, packages: readonly NewPackage[], now = 10) {
      const known = await tables.packages.ensure(packages)
      const placements = known.map(({ id }, index) => ({ packageId: id, layer: 0, path: `file-${index}` }))
      const { id, dueAt } = image
      const layers = [digestOf(900)]
      return tables.inventories.keep({ id, dueAt, distribution: undefined, layers, problems: [], placements, now })
    }

    test('an image that was described waits, once, whatever repositories it is in, in order of push', async () => {
      await push(2, 5)
      await push(1, 6)
      await push(2, 7, 'other/app' as RepositoryName)
      expect(await tables.queue.waiting()).toBe(2)
      const first = await take(8)
      expect(first).toMatchObject({ digest: digestOf(2), attempts: 1, state: 'waiting', place: { repository: APP } })
      expect(await take(8, [first.id])).toMatchObject({ digest: digestOf(1) })
      expect(await tables.queue.take(4, [])).toBeUndefined()
      // Nobody said what became of it: it is taken again.
      expect(await take(8)).toMatchObject({ digest: digestOf(2), attempts: 2 })
    })

    test('what was found is kept in order, with its layers, and the image waits no more', async () => {
      await push(1, 1)
      const packages = [packageOf('a', '1'), packageOf('b', '2'), packageOf('a', '1')]
      expect(await keep(await take(2), packages)).toBe('kept')
      expect(await tables.queue.waiting()).toBe(0)
      expect(await tables.inventories.find(digestOf(1))).toMatchObject({
        state: 'read',
        isWaiting: false,
        packages: 3,
        madeAt: 10,
        attempts: 0,
      })
      const held = await tables.inventories.packagesOf(digestOf(1), { limit: 2 })
      expect(held.map(({ name, layer, path }) => [name, layer, path])).toEqual([
        ['a', digestOf(900), 'file-0'],
        ['b', digestOf(900), 'file-1'],
      ])
      const rest = await tables.inventories.packagesOf(digestOf(1), { after: 1, limit: 2 })
      expect(rest.map(({ id, path }) => [id, path])).toEqual([[held[0]?.id as number, 'file-2']])
    })

    test('what is found again is known since it was found first', async () => {
      await push(1, 1)
      const packages = [packageOf('a', '1'), packageOf('b', '2')]
      await keep(await take(2), packages, 10)
      await tables.queue.ask(APP, digestOf(1))
      expect(await keep(await take(20), packages, 30)).toBe('same')
      expect(await tables.inventories.find(digestOf(1))).toMatchObject({ madeAt: 10, isWaiting: false, packages: 2 })
      await tables.queue.ask(APP, digestOf(1))
      expect(await keep(await take(40), packages.slice(1), 50)).toBe('kept')
      expect(await tables.inventories.find(digestOf(1))).toMatchObject({ madeAt: 50, packages: 1 })
    })

    test('what was asked for while it was read is read again', async () => {
      await push(1, 1)
      const taken = await take(2)
      expect(await tables.queue.ask(APP, digestOf(1))).toBe(true)
      await keep(taken, [])
      expect(await tables.inventories.find(digestOf(1))).toMatchObject({ state: 'read', isWaiting: true })
      expect(await tables.queue.ask(APP, digestOf(9))).toBe(false)
    })

    test('who was asked for comes before those that were pushed', async () => {
      await push(1, 1)
      await push(2, 2)
      await push(3, 3)
      await tables.queue.ask(APP, digestOf(3))
      expect((await take(5)).digest).toBe(digestOf(3))
    })

    test('one that was not read is taken again when its time comes, or never', async () => {
      await push(1, 1)
      const { id, dueAt } = await take(2)
      await tables.queue.notRead({ id, dueAt, reason: 'too busy', againAt: 50 })
      expect(await tables.queue.take(49, [])).toBeUndefined()
      expect(await tables.inventories.find(digestOf(1))).toMatchObject({ state: 'waiting', reason: 'too busy' })
      const again = await take(50)
      expect(again.attempts).toBe(2)
      await tables.queue.notRead({ id, dueAt: again.dueAt, state: 'failed', reason: 'a bomb' })
      expect(await tables.queue.take(1000, [])).toBeUndefined()
      expect(await tables.inventories.find(digestOf(1))).toMatchObject({
        state: 'failed',
        reason: 'a bomb',
        isWaiting: false,
      })
    })

    test('packages that were never compared with the advisories are known, until they are', async () => {
      const [one, two] = await tables.packages.ensure([packageOf('a', '1'), packageOf('b', '1')])
      expect(one?.isMatched).toBe(false)
      await tables.packages.markMatched([one?.id as number], 5)
      expect(await tables.packages.unmatched(10)).toEqual([two?.id as number])
      expect(await tables.packages.ensure([packageOf('a', '1')])).toEqual([{ id: one?.id as number, isMatched: true }])
    })

    test('images are found by the versions of a package that they hold, in pages', async () => {
      await push(1, 1)
      await push(1, 2, 'other/app' as RepositoryName)
      await push(2, 3)
      await push(3, 4)
      await keep(await take(9), [packageOf('log4j', '1.0', 'Maven'), packageOf('log4j', '2.0', 'Maven')])
      await keep(await take(9), [packageOf('log4j', '2.0', 'Maven')])
      await keep(await take(9), [packageOf('log4j', '2.0', 'npm')])
      expect(await tables.search.versions(['log4j'], undefined, 10)).toHaveLength(3)
      const versions = await tables.search.versions(['log4j'], 'Maven', 10)
      expect(versions.map(({ version }) => version)).toEqual(['1.0', '2.0'])
      const ids = versions.map(({ id }) => id)
      const all = await tables.search.holders(ids, { limit: 10 })
      expect(all.map(({ repository, digest, packageIds }) => [repository, digest, packageIds])).toEqual([
        [APP, digestOf(1), ids],
        ['other/app' as RepositoryName, digestOf(1), ids],
        [APP, digestOf(2), ids.slice(1)],
      ])
      const pages = []
      for (let after = undefined as (typeof all)[number] | undefined; ; ) {
        const page = await tables.search.holders(ids, { after, limit: 1 })
        if (page.length === 0) break
        pages.push(...page)
        after = page.at(-1)
      }
      expect(pages).toEqual([...all])
    })

    test('ecosystems are asked for with or without a release', async () => {
      await tables.packages.ensure([
        { ...packageOf('libssl3', '3', 'Debian:12'), source: { name: 'openssl', version: '3' } },
        packageOf('openssl', '3', 'Debian:13'),
        packageOf('openssl', '3', 'Debiana'),
      ])
      const ecosystems = async (ecosystem: string) =>
        (await tables.search.versions(['openssl'], ecosystem, 10)).map(each => each.ecosystem).toSorted()
      expect(await ecosystems('Debian')).toEqual(['Debian:12', 'Debian:13'])
      expect(await ecosystems('Debian:12')).toEqual(['Debian:12'])
    })

    test('packages are found by what people call them, too', async () => {
      await tables.packages.ensure([
        { ...packageOf('org.apache.logging.log4j:log4j-core', '2.14.1', 'Maven'), shortName: 'log4j-core' },
        packageOf('log4j-core', '1.0.0'),
      ])
      const versions = async (name: string) =>
        (await tables.search.versions([name], undefined, 10)).map(({ version }) => version).toSorted()
      expect(await versions('log4j-core')).toEqual(['1.0.0', '2.14.1'])
      expect(await versions('org.apache.logging.log4j:log4j-core')).toEqual(['2.14.1'])
    })

    test('inventories go with the last of their manifests, and packages with the last who holds them', async () => {
      await push(1, 1)
      await push(2, 1)
      await keep(await take(9), [packageOf('a', '1'), packageOf('b', '1')])
      await keep(await take(9), [packageOf('b', '1')])
      await opened.engine.write(async queries => {
        await queries.deleteFrom('manifests').where('digest', '=', digestOf(1)).execute()
      })
      expect(await tables.packages.removeUnheld(0, 10)).toEqual({ removed: 0, next: undefined })
      const part = await tables.inventories.removeUnheld(0, 1)
      expect(part).toMatchObject({ removed: 1 })
      expect(await tables.inventories.removeUnheld(part.next as number, 10)).toEqual({ removed: 0, next: undefined })
      expect(await tables.packages.removeUnheld(0, 10)).toEqual({ removed: 1, next: undefined })
      expect(await tables.inventories.find(digestOf(1))).toBeUndefined()
      expect(await tables.inventories.packagesOf(digestOf(2), { limit: 10 })).toHaveLength(1)
    })

    test('packages that went before the inventory came are told', async () => {
      await push(1, 1)
      const { id, dueAt } = await take(2)
      const [known] = await tables.packages.ensure([packageOf('a', '1')])
      await tables.packages.removeUnheld(0, 10)
      const placements = [{ packageId: known?.id as number, layer: undefined, path: '' }]
      const inventory = { id, dueAt, distribution: undefined, layers: [], problems: [], placements, now: 3 }
      expect(await tables.inventories.keep(inventory)).toBe('packages gone')
      expect(await tables.queue.waiting()).toBe(1)
    })

    test('an SBOM of a builder is of the image that it is about, in the repository where it lies', async () => {
      await push(1, 1)
      await push(1, 1, 'other/app' as RepositoryName)
      await push(2, 2)
      const image = await take(9)
      await keep(image, [])
      const sbom = await take(9)
      const { id, dueAt } = sbom
      const found = { distribution: undefined, layers: [], problems: [], placements: [], now: 3 }
      await tables.inventories.keep({ id, dueAt, ...found, madeBy: 'syft', about: digestOf(1) })
      expect(await tables.inventories.saidOf(APP, digestOf(1))).toEqual([digestOf(2)])
      expect(await tables.inventories.saidOf('other/app' as RepositoryName, digestOf(1))).toEqual([])
    })
  })
}
