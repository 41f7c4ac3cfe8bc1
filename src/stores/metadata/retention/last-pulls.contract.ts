import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import type { OpenedEngine } from '../engine.contract.ts'
import { ensureRepository } from '../repositories.ts'
import { createLastPulls } from './last-pulls.ts'

const APP = 'shop/app' as RepositoryName
const WEB = 'shop/web' as RepositoryName
const ONE = `sha256:${'1'.repeat(64)}` as Digest
const TWO = `sha256:${'2'.repeat(64)}` as Digest
const HOUR_MS = 3_600_000

/** What every engine promises about when images were pulled last. */
export function lastPullsContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`${name} keeps last pulls:`, () => {
    let opened: OpenedEngine
    beforeEach(async () => {
      opened = await open()
      for (const repository of [APP, WEB]) for (const digest of [ONE, TWO]) await push(opened, repository, digest)
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    test('the latest pull stays, whichever replica tells of it first', async () => {
      const other = createLastPulls(await opened.another())
      const pulls = createLastPulls(opened.engine)
      await pulls.record([{ repository: APP, digest: ONE, pulledAt: 9 * HOUR_MS }], HOUR_MS)
      await other.record([{ repository: APP, digest: ONE, pulledAt: 5 * HOUR_MS }], HOUR_MS)
      expect(await pulls.find(APP, [ONE, TWO])).toEqual(new Map([[ONE, 9 * HOUR_MS]]))
      const both = [9.5, 12, 11].map(hours => ({ repository: APP, digest: ONE, pulledAt: hours * HOUR_MS }))
      await other.record(both, HOUR_MS)
      expect(await pulls.find(APP, [ONE])).toEqual(new Map([[ONE, 12 * HOUR_MS]]))
    })

    test('a pull that is hardly later than the one before is not written', async () => {
      const pulls = createLastPulls(opened.engine)
      await pulls.record([{ repository: APP, digest: ONE, pulledAt: HOUR_MS }], HOUR_MS)
      await pulls.record([{ repository: APP, digest: ONE, pulledAt: 2 * HOUR_MS - 1 }], HOUR_MS)
      expect(await pulls.find(APP, [ONE])).toEqual(new Map([[ONE, HOUR_MS]]))
    })

    test('each repository has its own, and they go with their manifest', async () => {
      const pulls = createLastPulls(opened.engine)
      const gone = `sha256:${'3'.repeat(64)}` as Digest
      await pulls.record(
        [
          { repository: APP, digest: ONE, pulledAt: 1 },
          { repository: WEB, digest: ONE, pulledAt: 2 },
          { repository: WEB, digest: gone, pulledAt: 3 },
          { repository: 'shop/none' as RepositoryName, digest: ONE, pulledAt: 4 },
        ],
        HOUR_MS,
      )
      expect(await pulls.find(WEB, [ONE, TWO, gone])).toEqual(new Map([[ONE, 2]]))
      await opened.engine.write(async queries => {
        await queries.deleteFrom('manifests').where('digest', '=', ONE).execute()
      })
      expect(await opened.engine.db.selectFrom('last_pulls').selectAll().execute()).toEqual([])
    })
  })
}

async function push({ engine }: OpenedEngine, repository: RepositoryName, digest: Digest): Promise<void> {
  await engine.write(async queries => {
    const repository_id = await ensureRepository(queries, repository, 0)
    const row = { media_type: 'application/x', artifact_type: null, subject: null, annotations: null, size_bytes: 2 }
    await queries
      .insertInto('manifests')
      .values({ ...row, repository_id, digest, pushed_at: 0, state: 'stored', bytes: new Uint8Array(2) })
      .execute()
  })
}
