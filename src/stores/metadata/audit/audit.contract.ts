import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { OpenedEngine } from '../engine.contract.ts'
import { appendAudit } from './append.ts'
import { type AuditTables, createAuditTables } from './audit.ts'
import type { AuditEntry } from './entry.ts'
import { NO_HASH } from './record.ts'

export function entryOf(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: 1_700_000_000_000,
    type: 'manifest.push',
    category: 'data write',
    outcome: 'success',
    actor: { kind: 'user', id: 'u1', name: 'ada' },
    origin: { address: '192.0.2.1' },
    resource: { project: 'team', repository: 'team/app', tag: 'v1' },
    ...given,
  }
}

/** What the audit log promises on every engine. */
export function auditContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`the audit log on ${name}:`, () => {
    let opened: OpenedEngine
    let audit: AuditTables
    beforeEach(async () => {
      opened = await open()
      audit = createAuditTables(opened.engine)
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    const write = (...entries: AuditEntry[]) => opened.engine.write(queries => appendAudit(queries, entries))
    const sealAll = async () => {
      let sealed = 0
      for (let count = await audit.sealing.seal(); count > 0; count = await audit.sealing.seal()) sealed += count
      return sealed
    }

    test('an entry is there when, and only when, its change is committed', async () => {
      const failed = opened.engine.write(async queries => {
        await appendAudit(queries, [entryOf({ type: 'never' })])
        throw new Error('Changed my mind.')
      })
      await expect(failed).rejects.toThrow('Changed my mind.')
      await write(entryOf({ type: 'done' }))
      await sealAll()
      expect((await audit.records.read(0, 10)).map(({ entry }) => entry.type)).toEqual(['done'])
    })

    test('each record has the next sequence and carries the hash of the one before', async () => {
      await write(...Array.from({ length: 1203 }, (_, index) => entryOf({ type: `t${index}` })))
      expect(await sealAll()).toBe(1203)
      expect(await audit.sealing.hasWaiting()).toBe(false)
      const records = await audit.records.read(0, 2000)
      expect(records.map(({ entry }) => entry.type)).toEqual(records.map((_, index) => `t${index}`))
      let previous = NO_HASH
      for (const [index, { sequence, previousHash, hash, body }] of records.entries()) {
        expect({ sequence, previousHash }).toEqual({ sequence: index + 1, previousHash: previous })
        expect(hash).toBe(createHash('sha256').update(body).digest('hex'))
        previous = hash
      }
      expect(await audit.records.head()).toMatchObject({ sequence: 1203, hash: previous })
    })

    test('several that seal at once make one chain, beside those who write', async () => {
      const another = await opened.another()
      const others = createAuditTables(another)
      const writing = Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          (index % 2 === 0 ? opened.engine : another).write(queries =>
            appendAudit(queries, [entryOf({ type: `t${index}` })]),
          ),
        ),
      )
      const sealing = Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? audit : others).sealing.seal()),
      )
      await Promise.all([writing, sealing])
      await sealAll()
      const records = await audit.records.read(0, 100)
      expect(records.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
      expect(new Set(records.map(({ id }) => id)).size).toBe(60)
      for (const [index, { previousHash }] of records.entries())
        expect(previousHash).toBe(records[index - 1]?.hash ?? NO_HASH)
      await another.close()
    })

    test('what is written by one after another is sealed in that order', async () => {
      for (const type of ['a', 'b', 'c']) await write(entryOf({ type }))
      await sealAll()
      expect((await audit.records.read(0, 10)).map(({ entry }) => entry.type)).toEqual(['a', 'b', 'c'])
    })

    test('records are found by each filter, newest first, page by page', async () => {
      const bob = { kind: 'robot', id: 'r9', name: 'bob' } as const
      await write(
        entryOf({ at: 1000 }),
        entryOf({ at: 2000, actor: bob }),
        entryOf({ at: 3000, actor: bob, outcome: 'denied', category: 'authentication', type: 'token.issue' }),
        entryOf({ at: 4000, resource: { project: 'other', repository: 'other/x', digest: 'sha256:1' }, origin: {} }),
      )
      await sealAll()
      const found = async (...asked: Parameters<AuditTables['records']['find']>) =>
        (await audit.records.find(...asked)).map(({ sequence }) => sequence)
      expect(await found({}, { limit: 10 })).toEqual([4, 3, 2, 1])
      expect(await found({}, { limit: 2 })).toEqual([4, 3])
      expect(await found({}, { limit: 2, before: 3 })).toEqual([2, 1])
      for (const [filter, sequences] of [
        [{ actorId: 'r9' }, [3, 2]],
        [{ actorName: 'ada' }, [4, 1]],
        [{ outcome: 'denied' }, [3]],
        [{ outcome: 'success' }, [4, 2, 1]],
        [{ category: 'authentication' }, [3]],
        [{ type: 'manifest.push' }, [4, 2, 1]],
        [{ project: 'other' }, [4]],
        [{ repository: 'team/app' }, [3, 2, 1]],
        [{ digest: 'sha256:1' }, [4]],
        [{ address: '192.0.2.1' }, [3, 2, 1]],
        [{ from: 2000, to: 4000 }, [3, 2]],
        [{ actorId: 'r9', outcome: 'success' }, [2]],
      ] as const)
        expect({ filter, found: await found(filter, { limit: 10 }) }).toEqual({ filter, found: [...sequences] })
    })

    test('an entry that came late is found by its own time', async () => {
      const times = [1000, 2000, 9000, 1500, 9500, 3000, 10_000, 20_000, 500]
      for (const at of times) await write(entryOf({ at }))
      await sealAll()
      for (const [from, to] of [
        [1000, 2000],
        [500, 1001],
        [2500, 9500],
        [9000, 30_000],
        [0, 501],
        [11_000, 12_000],
      ] as const) {
        const found = (await audit.records.find({ from, to }, { limit: 100 })).map(({ entry }) => entry.at)
        expect({ from, to, found }).toEqual({ from, to, found: times.filter(at => at >= from && at < to).reverse() })
      }
    })

    test('whatever a client sends is stored, cut where it has no end', async () => {
      const wild = `a\0b\ud800c\n"\u202e${'x'.repeat(5000)}`
      const name = String.fromCodePoint(
        ...Array.from({ length: 1500 }, (_, index) => 0x20000 + ((index * 7919) % 40_000)),
      )
      const list = Array.from({ length: 500 }, (_, index) => `i${index}`)
      await write(entryOf({ origin: { userAgent: wild }, actor: { kind: 'user', id: wild, name }, detail: { list } }))
      await sealAll()
      const [record] = await audit.records.read(0, 1)
      expect(record?.entry.origin.userAgent).toBe(`a\ufffdb\ufffdc\n"\u202e${'x'.repeat(2040)}`)
      expect(record?.entry.detail?.list).toHaveLength(100)
      expect(record?.entry.detail?.truncated).toBe(true)
      expect((await audit.chain.rows(0, 1))[0]?.fits).toBe(true)
      expect(await audit.records.find({ actorName: name }, { limit: 1 })).toHaveLength(1)
    })

    test('a column that does not say what the body says is noticed', async () => {
      await write(entryOf(), entryOf())
      await sealAll()
      await opened.engine.write(async queries => {
        await queries
          .updateTable('audit_records')
          .set({ actor_id: 'somebody else' })
          .where('sequence', '=', 2)
          .execute()
      })
      expect((await audit.chain.rows(0, 10)).map(row => row.fits)).toEqual([true, false])
    })

    test('a checkpoint is kept once, with its entry', async () => {
      await write(entryOf())
      await sealAll()
      const { sequence, hash } = await audit.records.head()
      const checkpoint = { sequence, hash, at: 5, keyId: 'k', signature: 's' }
      expect(await audit.checkpoints.latest()).toBeUndefined()
      expect(await audit.checkpoints.add(checkpoint, entryOf({ type: 'audit.checkpoint' }))).toBe(true)
      expect(await audit.checkpoints.add(checkpoint, entryOf({ type: 'audit.checkpoint' }))).toBe(false)
      expect(await audit.checkpoints.latest()).toEqual(checkpoint)
      expect(await audit.checkpoints.after(0, 10)).toEqual([checkpoint])
      expect(await sealAll()).toBe(1)
    })

    test('retention takes the oldest up to a checkpoint, in pieces, and keeps the checkpoint', async () => {
      await write(...Array.from({ length: 10 }, () => entryOf()))
      await sealAll()
      const records = await audit.records.read(0, 10)
      for (const sequence of [3, 6, 9]) {
        const hash = records[sequence - 1]?.hash ?? ''
        await audit.checkpoints.add({ sequence, hash, at: sequence * 100, keyId: 'k', signature: 's' }, entryOf())
      }
      const checkpoint = await audit.retention.checkpointBefore(900, 100)
      expect(checkpoint?.sequence).toBe(6)
      expect((await audit.retention.checkpointBefore(900, 5))?.sequence).toBe(3)
      expect(await audit.retention.checkpointBefore(300, 100)).toBeUndefined()
      if (!checkpoint) throw new Error('There is none.')
      expect(await audit.retention.remove(checkpoint, 4)).toBe(4)
      expect(await audit.retention.remove(checkpoint, 4)).toBe(2)
      expect(await audit.retention.oldest()).toBe(7)
      expect((await audit.checkpoints.after(0, 10)).map(({ sequence }) => sequence)).toEqual([6, 9])
    })

    test('a sink’s cursor moves from where it was, and only from there', async () => {
      expect(await audit.sinks.cursor('siem', 1)).toBe(0)
      expect(await audit.sinks.advance('siem', { from: 0, to: 7, now: 2 })).toBe(true)
      expect(await audit.sinks.advance('siem', { from: 0, to: 9, now: 3 })).toBe(false)
      expect(await audit.sinks.cursor('siem', 4)).toBe(7)
      expect(await audit.sinks.list()).toEqual([{ name: 'siem', cursor: 7, updatedAt: 2 }])
    })
  })
}
