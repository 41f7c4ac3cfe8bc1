import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { RepositoryName } from '../../oci/index.ts'
import type { Engine } from './engine.ts'

export interface OpenedEngine extends AsyncDisposable {
  readonly engine: Engine
  /** Another connection to the same database, as another process has. */
  another(): Promise<Engine>
}

/** What every engine promises to the table groups; an engine's test runs it over a fresh, migrated database. */
export function engineContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`${name} keeps the engine's contract:`, () => {
    let opened: OpenedEngine
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    const insert = (engine: Engine, repository: string) =>
      engine.write(async queries => {
        const row = { name: repository as RepositoryName, created_at: 1 }
        await queries.insertInto('repositories').values(row).execute()
      })
    const names = async (engine: Engine) =>
      (await engine.db.selectFrom('repositories').select('name').orderBy('name').execute()).map(row => String(row.name))

    test('what is written is there for everybody when the write resolves', async () => {
      await insert(opened.engine, 'one')
      expect(await names(opened.engine)).toEqual(['one'])
      const another = await opened.another()
      expect(await names(another)).toEqual(['one'])
      await another.close()
    })

    test('a transaction that fails changes nothing and takes none of its neighbours with it', async () => {
      const failing = opened.engine.write(async queries => {
        const row = { name: 'half' as RepositoryName, created_at: 1 }
        await queries.insertInto('repositories').values(row).execute()
        throw new Error('Changed my mind.')
      })
      const results = await Promise.allSettled([
        insert(opened.engine, 'before'),
        failing,
        insert(opened.engine, 'after'),
      ])
      expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await names(opened.engine)).toEqual(['after', 'before'])
    })

    test('a broken rule of the schema fails its own transaction only', async () => {
      const results = await Promise.allSettled(
        ['a', 'b', 'a', 'c'].map(repository => insert(opened.engine, repository)),
      )
      expect(results.filter(result => result.status === 'rejected')).toHaveLength(1)
      expect(await names(opened.engine)).toEqual(['a', 'b', 'c'])
    })

    test('transactions that read and then write do not lose each other’s changes', async () => {
      await insert(opened.engine, 'counter')
      const another = await opened.another()
      const increment = (engine: Engine) =>
        engine.write(async queries => {
          const { created_at } = await queries
            .selectFrom('repositories')
            .select('created_at')
            .where('name', '=', 'counter' as RepositoryName)
            .executeTakeFirstOrThrow()
          await queries
            .updateTable('repositories')
            .set({ created_at: Number(created_at) + 1 })
            .where('name', '=', 'counter' as RepositoryName)
            .execute()
        })
      await Promise.all(Array.from({ length: 40 }, (_, index) => increment(index % 2 === 0 ? opened.engine : another)))
      const row = await opened.engine.db.selectFrom('repositories').select('created_at').executeTakeFirstOrThrow()
      expect(row.created_at).toBe(41)
      await another.close()
    })

    test('a write that need not be durable is seen like any other', async () => {
      await opened.engine.write(
        async queries => {
          await queries
            .insertInto('repositories')
            .values({ name: 'x' as RepositoryName, created_at: 1 })
            .execute()
        },
        { durable: false },
      )
      expect(await names(opened.engine)).toEqual(['x'])
    })

    test('a write gives what its work gives', async () => {
      expect(await opened.engine.write(async () => 'this')).toBe('this')
    })

    test('a prepared query binds its parameters anew at each call, and sees what was committed since', async () => {
      const created = opened.engine.prepare<{ name: string }, { created_at: number }>((db, parameter) =>
        db
          .selectFrom('repositories')
          .select('created_at')
          .where('name', '=', parameter('name') as RepositoryName),
      )
      expect(await created({ name: 'a' })).toEqual([])
      await insert(opened.engine, 'a')
      expect(await created({ name: 'a' })).toEqual([{ created_at: 1 }])
      expect(await created({ name: 'b' })).toEqual([])
    })

    test('a hot query never answers what was, whoever changed it', async () => {
      const another = await opened.another()
      const created = another.prepare<{ name: string }, { created_at: number }>(
        (db, parameter) =>
          db
            .selectFrom('repositories')
            .select('created_at')
            .where('name', '=', parameter('name') as RepositoryName),
        { hot: true },
      )
      const set = (engine: Engine, to: number) =>
        engine.write(async queries => {
          await queries.updateTable('repositories').set({ created_at: to }).execute()
        })
      expect(await created({ name: 'a' })).toEqual([])
      await insert(opened.engine, 'a')
      for (let value = 1; value <= 50; value += 1) {
        await set(value % 2 === 0 ? another : opened.engine, value)
        expect(await created({ name: 'a' })).toEqual([{ created_at: value }])
        expect(await created({ name: 'b' })).toEqual([])
      }
      await another.close()
    })

    test('numbers come back as numbers and bytes as bytes', async () => {
      const digest = `sha256:${'ab'.repeat(32)}` as const
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      await insert(opened.engine, 'a')
      await opened.engine.write(async queries => {
        const { id } = await queries.selectFrom('repositories').select('id').executeTakeFirstOrThrow()
        const row = {
          repository_id: id,
          digest: digest as never,
          media_type: 'x',
          pushed_at: 2 ** 42,
          state: 'stored' as const,
        }
        await queries
          .insertInto('manifests')
          .values({ ...row, artifact_type: null, subject: null, annotations: null, size_bytes: 2 ** 40, bytes })
          .execute()
      })
      const row = await opened.engine.db
        .selectFrom('manifests')
        .select(['pushed_at', 'size_bytes', 'bytes'])
        .executeTakeFirstOrThrow()
      expect({ ...row, bytes: new Uint8Array(row.bytes) }).toEqual({ pushed_at: 2 ** 42, size_bytes: 2 ** 40, bytes })
    })

    test('names are ordered by their bytes, whatever the database’s locale', async () => {
      for (const repository of ['b', 'a-b', 'a/b', 'a.b', 'a', 'a_b', 'ab', 'a0'])
        await insert(opened.engine, repository)
      expect(await names(opened.engine)).toEqual(['a', 'a-b', 'a.b', 'a/b', 'a0', 'a_b', 'ab', 'b'])
    })

    test('a snapshot is of one moment, while others write', async () => {
      await insert(opened.engine, 'before')
      const seen = await opened.engine.snapshot(async queries => {
        const list = async () =>
          (await queries.selectFrom('repositories').select('name').execute()).map(row => row.name)
        const first = await list()
        await insert(opened.engine, 'meanwhile')
        return [first, await list()]
      })
      expect(seen.map(list => list.map(String))).toEqual([['before'], ['before']])
      expect(await names(opened.engine)).toEqual(['before', 'meanwhile'])
    })

    test('what was asked for before closing is still done', async () => {
      const another = await opened.another()
      const written = insert(another, 'last')
      await another.close()
      await written
      expect(await names(opened.engine)).toEqual(['last'])
    })
  })
}
