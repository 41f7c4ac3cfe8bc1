import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Digest, RepositoryName, Tag } from '../../../oci/index.ts'
import type { OpenedEngine } from '../engine.contract.ts'
import { createMetadata, type Metadata } from '../metadata.ts'
import { ensureRepository } from '../repositories.ts'
import { dropTag, pointTag } from './tag-changes.ts'

const [APP, TAG] = ['team/app' as RepositoryName, 'v1' as Tag]
const digestOf = (number: number) => `sha256:${String(number).padStart(64, '0')}` as Digest

/** What names promise on every engine. */
/** Nothing has to stay as it is. */
const judge = () => undefined

export function namesContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`names and their history on ${name}:`, () => {
    let opened: OpenedEngine
    let metadata: Metadata
    let repositoryId: number
    beforeEach(async () => {
      opened = await open()
      metadata = createMetadata(opened.engine)
      repositoryId = await opened.engine.write(queries => ensureRepository(queries, APP, 1))
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    const point = (number: number, now: number, tag = TAG) =>
      opened.engine.write(queries =>
        pointTag(queries, { repositoryId, tag, digest: digestOf(number) }, { now, by: 'ada' }),
      )
    const drop = (now: number, rule?: string) =>
      opened.engine.write(queries => dropTag(queries, { repositoryId, tag: TAG }, { now, by: 'ada', rule }))
    const numbers = async (tag = TAG) =>
      (await metadata.tagHistory.list(APP, tag, { limit: 1000 })).map(({ number }) => number)

    test('a change says from when until when it was so, by whom and by which rule', async () => {
      await point(1, 100)
      await point(2, 200)
      await drop(300, 'old ones go')
      await point(2, 400)
      expect(await metadata.tagHistory.list(APP, TAG, { limit: 10 })).toEqual([
        { number: 4, digest: digestOf(2), kind: 'push', at: 400, endedAt: undefined, by: 'ada', rule: undefined },
        { number: 3, digest: undefined, kind: 'delete', at: 300, endedAt: 300, by: 'ada', rule: 'old ones go' },
        { number: 2, digest: digestOf(2), kind: 'move', at: 200, endedAt: 300, by: 'ada', rule: undefined },
        { number: 1, digest: digestOf(1), kind: 'push', at: 100, endedAt: 200, by: 'ada', rule: undefined },
      ])
      expect(await metadata.tagHistory.list(APP, TAG, { before: 3, limit: 1 })).toMatchObject([{ number: 2 }])
    })

    test('a tag that somebody moved who writes no history is known from there on', async () => {
      await point(1, 100)
      await opened.engine.write(async queries => {
        await queries
          .updateTable('tags')
          .set({ digest: digestOf(7), updated_at: 150 })
          .execute()
      })
      expect(await metadata.tagHistory.list(APP, TAG, { limit: 1 })).toMatchObject([
        { number: 2, kind: 'known', digest: digestOf(7), at: 150 },
      ])
      await point(2, 200)
      expect(await metadata.tagHistory.list(APP, TAG, { limit: 10 })).toMatchObject([
        { number: 3, kind: 'move', digest: digestOf(2) },
        { number: 2, kind: 'known', digest: digestOf(7), at: 150, endedAt: 200 },
        { number: 1, kind: 'push', digest: digestOf(1) },
      ])
    })

    test('what ended long ago is forgotten, and where a tag points never is', async () => {
      const other = 'other' as Tag
      await point(1, 100)
      await point(9, 100, other)
      await point(2, 200)
      await point(3, 300)
      const bounds = { changesPerTag: 100 }
      expect(await metadata.tagHistory.forget({ ...bounds, endedBefore: 200 }, 10)).toBe(0)
      expect(await metadata.tagHistory.forget({ ...bounds, endedBefore: 201 }, 10)).toBe(1)
      expect(await numbers()).toEqual([3, 2])
      expect(await metadata.tagHistory.forget({ ...bounds, endedBefore: 1000 }, 10)).toBe(1)
      expect(await metadata.tagHistory.forget({ ...bounds, endedBefore: 1000 }, 10)).toBe(0)
      expect([await numbers(), await numbers(other)]).toEqual([[3], [1]])
      await drop(400)
      expect(await metadata.tagHistory.forget({ ...bounds, endedBefore: 1000 }, 10)).toBe(2)
      expect(await numbers()).toEqual([])
      await point(4, 500)
      expect(await numbers()).toEqual([1])
    })

    test('of one tag only the newest changes are remembered, and removed in pieces', async () => {
      for (let number = 1; number <= 12; number += 1) await point(number, number * 100)
      const bounds = { endedBefore: 0, changesPerTag: 4 }
      expect(await metadata.tagHistory.forget(bounds, 5)).toBe(5)
      expect(await metadata.tagHistory.forget(bounds, 5)).toBe(3)
      expect(await metadata.tagHistory.forget(bounds, 5)).toBe(0)
      expect(await numbers()).toEqual([12, 11, 10, 9])
    })

    test('a former name is nobody’s until its redirect is removed', async () => {
      const to = 'team/web' as RepositoryName
      expect(await metadata.names.renameRepository({ from: APP, to, now: 5, by: 'ada', judge })).toMatchObject({
        outcome: 'renamed',
      })
      expect(await metadata.redirects.find(APP)).toBe(to)
      expect(await metadata.redirects.find(to)).toBeUndefined()
      await expect(opened.engine.write(queries => ensureRepository(queries, APP, 6))).rejects.toThrow('was renamed')
      const start = { id: 'u', repository: APP, principal: 'p', algorithm: 'sha256', now: 7 } as const
      await expect(metadata.uploads.start(start)).rejects.toThrow('was renamed')
      expect(await metadata.redirects.removeRedirect(APP)).toBe(true)
      expect(await metadata.redirects.find(APP)).toBeUndefined()
      expect(await opened.engine.write(queries => ensureRepository(queries, APP, 8))).not.toBe(repositoryId)
    })

    test('of two that take one name at the same moment one has it', async () => {
      const others = await opened.another()
      const beside = createMetadata(others)
      const [one, two, to] = ['team/one', 'team/two', 'team/both'] as RepositoryName[]
      for (const each of [one, two] as RepositoryName[])
        await opened.engine.write(queries => ensureRepository(queries, each, 1))
      const outcomes = await Promise.all([
        metadata.names.renameRepository({
          from: one as RepositoryName,
          to: to as RepositoryName,
          now: 5,
          by: 'ada',
          judge,
        }),
        beside.names.renameRepository({
          from: two as RepositoryName,
          to: to as RepositoryName,
          now: 5,
          by: 'bob',
          judge,
        }),
      ])
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['renamed', 'taken'])
      await others.close()
    })

    test('what a project says by its name says the new one, and nothing else is touched', async () => {
      const { identities, names } = metadata
      await identities.projects.create({ name: 'a', visibility: 'private', now: 1 })
      const rule = (id: string, repositories: string) => ({
        id,
        project: 'a',
        name: id,
        rule: { issuer: 'https://i', conditions: { repository: 'a/x' }, repositories },
        createdAt: 1,
      })
      for (const [id, repositories] of [
        ['one', 'a/x/**'],
        ['two', '**'],
        ['three', 'a'],
      ] as const)
        expect(await identities.trustRules.add(rule(id, repositories))).toBe('added')
      const rewritten = {
        grants: 0,
        trustRules: 2,
        tokens: 0,
        immutabilityRules: 0,
        retentionPolicies: 0,
        vulnerabilityPolicies: 0,
      }
      expect(await names.renameProject({ from: 'a', to: 'ab', now: 2, by: 'ada' })).toMatchObject({ rewritten })
      expect((await identities.trustRules.list('ab')).map(each => each.rule)).toEqual([
        { issuer: 'https://i', conditions: { repository: 'a/x' }, repositories: 'ab/x/**' },
        { issuer: 'https://i', conditions: { repository: 'a/x' }, repositories: 'ab' },
        { issuer: 'https://i', conditions: { repository: 'a/x' }, repositories: '**' },
      ])
    })

    test('a project is not renamed to where former names of others are', async () => {
      const { identities, names } = metadata
      for (const each of ['a', 'b']) await identities.projects.create({ name: each, visibility: 'private', now: 1 })
      for (const each of ['a/x', 'b/x'] as RepositoryName[])
        await opened.engine.write(queries => ensureRepository(queries, each, 1))
      const away = { from: 'b/x' as RepositoryName, to: 'team/x' as RepositoryName, now: 2, by: 'ada', judge }
      expect(await names.renameRepository(away)).toMatchObject({ outcome: 'renamed' })
      expect(await identities.projects.remove('b')).toBe('removed')
      const rename = { from: 'a', to: 'b', now: 3, by: 'ada' }
      expect(await names.renameProject(rename)).toEqual({ outcome: 'former name', name: 'b/x' })
      expect(await metadata.redirects.removeRedirect('b/x')).toBe(true)
      expect(await names.renameProject(rename)).toMatchObject({ outcome: 'renamed', repositories: 1 })
      expect(await metadata.redirects.find('a/x' as RepositoryName)).toBe('b/x' as RepositoryName)
    })
  })
}
