import { describe, expect, test } from 'bun:test'
import { createRecorder, RECORDER_LIMITS } from '../../src/features/audit/index.ts'
import type { AuditEntry } from '../../src/stores/metadata/index.ts'
import { entryOf, openLog } from './log.ts'

const pull = (given: Partial<AuditEntry> = {}) => entryOf({ type: 'manifest.pull', category: 'data read', ...given })

/** The real inbox behind a database that can be made to fail. */
async function openRecorder(limits = RECORDER_LIMITS) {
  const log = await openLog()
  const told = { failures: 0, dropped: 0 }
  let broken = false
  const inbox = {
    async record(entries: readonly AuditEntry[]) {
      if (broken) throw new Error('No database now.')
      await log.tables.inbox.record(entries)
    },
  }
  const observer = {
    failed: () => {
      told.failures += 1
    },
    dropped: (entries: number) => {
      told.dropped += entries
    },
  }
  return {
    recorder: createRecorder(inbox, observer, limits),
    told,
    break: (now: boolean) => {
      broken = now
    },
    async entries() {
      await log.seal()
      return (await log.tables.records.read(0, 10_000)).map(({ entry }) => entry)
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  }
}

describe('the recorder', () => {
  test('rolls up what is alike within a flush, and only that', async () => {
    await using opened = await openRecorder()
    const { recorder } = opened
    for (let index = 0; index < 1000; index += 1)
      recorder.record(pull({ at: index, origin: { requestId: `r${index}` } }))
    recorder.record(pull({ origin: { userAgent: 'other' } }))
    recorder.record(pull({ outcome: 'denied' }))
    recorder.record(pull({ actor: { kind: 'pipeline', id: 'p', name: 'p', claims: { ref: 'main' } } }))
    recorder.record(pull({ actor: { kind: 'pipeline', id: 'p', name: 'p', claims: { ref: 'dev' } } }))
    await recorder.flush()
    recorder.record(pull({ at: 5000, origin: { requestId: 'later' } }))
    await recorder.flush()
    const entries = await opened.entries()
    expect(entries.map(({ count }) => count)).toEqual([1000, undefined, undefined, undefined, undefined, undefined])
    expect(entries[0]).toMatchObject({ at: 0, origin: { requestId: 'r0' } })
    expect(entries[5]?.at).toBe(5000)
  })

  test('writes by itself, by the clock and when much is waiting', async () => {
    await using opened = await openRecorder({ ...RECORDER_LIMITS, flushMs: 20 })
    opened.recorder.record(pull())
    while ((await opened.entries()).length < 1) await Bun.sleep(5)
    await using much = await openRecorder({ ...RECORDER_LIMITS, flushMs: 3_600_000 })
    for (let index = 0; index < 500; index += 1) much.recorder.record(pull({ reason: `${index}` }))
    while ((await much.entries()).length < 500) await Bun.sleep(5)
  })

  test('keeps what the database did not take, in order, and writes it later', async () => {
    await using opened = await openRecorder()
    const { recorder, told } = opened
    opened.break(true)
    recorder.record(pull({ reason: 'first' }))
    recorder.record(pull({ reason: 'second' }))
    await expect(recorder.flush()).rejects.toThrow('No database now.')
    recorder.record(pull({ reason: 'first' }))
    recorder.record(pull({ reason: 'third' }))
    opened.break(false)
    await recorder.flush()
    const entries = await opened.entries()
    expect(entries.map(({ reason, count = 1 }) => [reason, count])).toEqual([
      ['first', 2],
      ['second', 1],
      ['third', 1],
    ])
    expect(told).toEqual({ failures: 1, dropped: 0 })
  })

  test('tries again by itself', async () => {
    await using opened = await openRecorder({ ...RECORDER_LIMITS, flushMs: 5 })
    opened.break(true)
    opened.recorder.record(pull())
    while (opened.told.failures === 0) await Bun.sleep(5)
    opened.break(false)
    while ((await opened.entries()).length === 0) await Bun.sleep(5)
  })

  test('holds so much and no more, and counts what it drops', async () => {
    await using opened = await openRecorder({ flushMs: 1e6, flushEntries: 5, waitingEntries: 10 })
    opened.break(true)
    for (let index = 0; index < 30; index += 1) opened.recorder.record(pull({ reason: `${index}` }))
    // What is alike needs no room.
    opened.recorder.record(pull({ reason: '3' }))
    expect(opened.told.dropped).toBe(20)
    opened.break(false)
    await opened.recorder.flush()
    expect((await opened.entries()).map(({ reason }) => reason)).toEqual(Array.from({ length: 10 }, (_, at) => `${at}`))
  })

  test('writes what is left when it stops, and says what it could not', async () => {
    await using opened = await openRecorder({ ...RECORDER_LIMITS, flushMs: 1e6 })
    opened.recorder.record(pull())
    await opened.recorder.stop()
    expect(await opened.entries()).toHaveLength(1)
    opened.break(true)
    opened.recorder.record(pull({ count: 7 }))
    await opened.recorder.stop()
    expect(opened.told.dropped).toBe(7)
  })
})
