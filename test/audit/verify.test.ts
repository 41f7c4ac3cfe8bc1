import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import {
  type AuditFinding,
  type AuditVerifyOptions,
  checkpointIfDue,
  expireAudit,
  verifyAudit,
} from '../../src/features/audit/index.ts'
import { type Log, newSigner, openLog } from './log.ts'

const RULES = { everyRecords: 1, everyMs: 1e9 }
const DAY_MS = 86_400_000

describe('berth audit verify', () => {
  let log: Log
  const signer = newSigner()
  let now: number
  beforeEach(async () => {
    log = await openLog()
    now = 1_700_000_000_000
  })
  afterEach(() => log[Symbol.asyncDispose]())

  const checkpoint = async () => {
    const { sealing, records, checkpoints } = log.tables
    await checkpointIfDue({ sealing, records, checkpoints, signer, clock: () => now }, RULES, 0)
    await log.seal()
  }
  const verify = async (options: AuditVerifyOptions = {}, verifier = signer) => {
    const findings: AuditFinding[] = []
    const report = await verifyAudit(
      { tables: log.tables, verifier },
      { ...options, onFinding: each => findings.push(each) },
    )
    expect(report.findings).toBe(findings.length)
    return { ...report, kinds: findings.map(({ kind }) => kind) }
  }
  const write = (count: number) => log.write(...Array.from({ length: count }, (_, index) => ({ type: `t${index}` })))
  const change = (work: Parameters<Log['engine']['write']>[0]) => log.engine.write(work)
  /** As an attacker who knows how it is made: from `sequence` on everything is hashed again. */
  const rehash = (sequence: number, edit: (body: { entry: { type: string } }) => void) =>
    change(async queries => {
      const rows = await queries
        .selectFrom('audit_records')
        .selectAll()
        .where('sequence', '>=', sequence)
        .orderBy('sequence')
        .execute()
      let previous: string | undefined
      for (const row of rows) {
        const body = JSON.parse(row.body)
        if (previous === undefined) edit(body)
        else body.previousHash = previous
        const text = canonicalize(body) as string
        previous = createHash('sha256').update(text).digest('hex')
        const changed = { body: text, hash: previous, type: body.entry.type }
        await queries.updateTable('audit_records').set(changed).where('sequence', '=', row.sequence).execute()
      }
      await queries
        .updateTable('audit_head')
        .set({ hash: previous ?? '' })
        .execute()
    })

  /** Three records, a checkpoint and its record (4), three more (5 to 7), a checkpoint and its record (8), one more (9). */
  const fill = async () => {
    await write(3)
    await checkpoint()
    await write(3)
    await checkpoint()
    await write(1)
  }

  test('a log as it was written has nothing wrong', async () => {
    await fill()
    expect(await verify()).toMatchObject({ records: 9, checkpoints: 2, kinds: [], first: 1, signaturesChecked: true })
  })

  test('an empty log has nothing wrong', async () => {
    expect(await verify()).toMatchObject({ records: 0, kinds: [] })
  })

  test('an edited record is found', async () => {
    await fill()
    await change(async queries => {
      const { body } = await queries
        .selectFrom('audit_records')
        .select('body')
        .where('sequence', '=', 5)
        .executeTakeFirstOrThrow()
      const edited = body.replace('"ada"', '"eve"')
      await queries.updateTable('audit_records').set({ body: edited }).where('sequence', '=', 5).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['edited'], firstWrong: 5 })
  })

  test('an edited record whose own hash was made to fit is found', async () => {
    await fill()
    await change(async queries => {
      const { body } = await queries
        .selectFrom('audit_records')
        .select('body')
        .where('sequence', '=', 6)
        .executeTakeFirstOrThrow()
      const edited = body.replace('"t1"', '"t7"')
      const hash = createHash('sha256').update(edited).digest('hex')
      await queries
        .updateTable('audit_records')
        .set({ body: edited, hash, type: 't7' })
        .where('sequence', '=', 6)
        .execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['edited'], firstWrong: 6 })
  })

  test('a column that hides a record from a search is found', async () => {
    await fill()
    await change(async queries => {
      await queries.updateTable('audit_records').set({ actor_id: 'nobody' }).where('sequence', '=', 2).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['edited'], firstWrong: 2 })
  })

  test('a body that is no JSON any more is a finding and not the end of the run', async () => {
    await fill()
    await change(async queries => {
      await queries.updateTable('audit_records').set({ body: '{' }).where('sequence', '=', 2).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['edited'], firstWrong: 2, records: 9 })
  })

  test('a gap is found', async () => {
    await fill()
    await change(async queries => {
      await queries.deleteFrom('audit_records').where('sequence', 'in', [5, 6]).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['gap'], firstWrong: 5 })
  })

  test('two records that changed places are found', async () => {
    await fill()
    await change(async queries => {
      for (const [from, to] of [
        [5, 99],
        [6, 5],
        [99, 6],
      ] as const)
        await queries.updateTable('audit_records').set({ sequence: to }).where('sequence', '=', from).execute()
    })
    const { kinds, firstWrong } = await verify()
    expect(kinds).toContain('reordered')
    expect(firstWrong).toBeLessThanOrEqual(5)
  })

  test('a removed tail is found by the head of the log', async () => {
    await fill()
    await change(async queries => {
      await queries.deleteFrom('audit_records').where('sequence', '>=', 9).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['cut tail'], firstWrong: 9 })
  })

  const cut = (last: number) =>
    change(async queries => {
      await queries.deleteFrom('audit_records').where('sequence', '>', last).execute()
      const { hash } = await queries
        .selectFrom('audit_records')
        .select('hash')
        .where('sequence', '=', last)
        .executeTakeFirstOrThrow()
      await queries.updateTable('audit_head').set({ sequence: last, hash }).execute()
    })

  test('a removed tail whose head was made to fit is found by a checkpoint, a sink or what was written down', async () => {
    await fill()
    const known = (await log.tables.records.read(8, 1)).map(({ sequence, hash }) => ({ sequence, hash }))
    await log.tables.sinks.cursor('siem', 1)
    await log.tables.sinks.advance('siem', { from: 0, to: 9, now: 1 })
    await cut(5)
    expect(await verify()).toMatchObject({ kinds: ['cut tail', 'cut tail'], firstWrong: 6 })
    await change(async queries => {
      await queries.deleteFrom('audit_checkpoints').where('sequence', '>', 5).execute()
      await queries.deleteFrom('audit_sinks').execute()
    })
    expect(await verify()).toMatchObject({ kinds: [] })
    expect(await verify({ known })).toMatchObject({ kinds: ['cut tail'], firstWrong: 6 })
  })

  test('a chain that was hashed again does not fit the checkpoint, and says since where', async () => {
    await fill()
    await rehash(6, body => {
      body.entry.type = 'harmless'
    })
    expect(await verify()).toMatchObject({ kinds: ['rehashed'], firstWrong: 4 })
  })

  test('a chain that was hashed again behind the last checkpoint does not fit what a sink was given', async () => {
    await fill()
    const known = (await log.tables.records.read(8, 1)).map(({ sequence, hash }) => ({ sequence, hash }))
    await rehash(9, body => {
      body.entry.type = 'harmless'
    })
    expect(await verify({ known })).toMatchObject({ kinds: ['rehashed'], firstWrong: 8 })
  })

  test('a checkpoint that was made to fit has no signature of ours', async () => {
    await fill()
    await rehash(6, body => {
      body.entry.type = 'harmless'
    })
    const [, row] = await log.tables.checkpoints.after(0, 10)
    const [record] = await log.tables.records.read((row?.sequence ?? 0) - 1, 1)
    await change(async queries => {
      await queries
        .updateTable('audit_checkpoints')
        .set({ hash: record?.hash ?? '' })
        .where('sequence', '=', row?.sequence ?? 0)
        .execute()
    })
    const { kinds } = await verify()
    expect(kinds).toContain('forged checkpoint')
  })

  test('a checkpoint signed by a key that is not ours is forged', async () => {
    await fill()
    expect((await verify({}, newSigner())).kinds).toEqual(['forged checkpoint', 'forged checkpoint'])
  })

  test('a removed checkpoint is told by its record', async () => {
    await fill()
    await change(async queries => {
      await queries.deleteFrom('audit_checkpoints').where('sequence', '=', 3).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['checkpoint missing'], firstWrong: 3 })
  })

  const expire = (sinks: readonly string[] = []) =>
    expireAudit(
      { tables: log.tables, clock: () => now },
      { retentionMs: 30 * DAY_MS, undeliveredMs: 10 * DAY_MS, sinks },
      new AbortController().signal,
    )

  test('what retention left verifies, and its own removal is in the log', async () => {
    await fill()
    now += 31 * DAY_MS
    await write(2)
    await checkpoint()
    expect(await expire()).toMatchObject({ removed: 7, upTo: 7 })
    expect(await verify()).toMatchObject({ kinds: [], first: 8 })
    const [record] = await log.tables.records.find({ type: 'audit.expired' }, { limit: 1 })
    expect(record?.entry.detail).toMatchObject({ from: 1, upTo: 7, missed: [] })
    now += 31 * DAY_MS
    await checkpoint()
    now += DAY_MS
    expect((await expire()).removed).toBe(4)
    expect(await verify()).toMatchObject({ kinds: [], first: 12 })
  })

  test('a retention that was cut off in the middle verifies, and goes on', async () => {
    await fill()
    now += 31 * DAY_MS
    await checkpoint()
    const stop = new AbortController()
    stop.abort()
    const tables = { ...log.tables, clock: () => now }
    await expireAudit(
      { tables, clock: () => now },
      { retentionMs: 30 * DAY_MS, undeliveredMs: 0, sinks: [] },
      stop.signal,
    )
    await change(async queries => {
      await queries.deleteFrom('audit_records').where('sequence', '<', 3).execute()
    })
    expect(await verify()).toMatchObject({ kinds: [], first: 3 })
    expect((await expire()).upTo).toBe(7)
    expect(await verify()).toMatchObject({ kinds: [], first: 8 })
  })

  test('a beginning that no retention took is missed', async () => {
    await fill()
    await change(async queries => {
      await queries.deleteFrom('audit_records').where('sequence', '<=', 3).execute()
    })
    expect(await verify()).toMatchObject({ kinds: ['cut front'], firstWrong: 1 })
  })

  test('more than retention took is missed, and so is its anchor', async () => {
    await fill()
    now += 31 * DAY_MS
    await checkpoint()
    await expire()
    await change(async queries => {
      await queries.deleteFrom('audit_checkpoints').where('sequence', '=', 7).execute()
    })
    expect((await verify()).kinds).toEqual(['checkpoint missing'])
    await change(async queries => {
      await queries.deleteFrom('audit_records').where('sequence', '=', 8).execute()
    })
    expect((await verify()).kinds).toContain('cut front')
  })

  test('retention waits for a sink that does not have the records, and not for ever', async () => {
    await fill()
    now += 31 * DAY_MS
    expect(await expire(['siem'])).toEqual({ removed: 0, missed: [] })
    await log.tables.sinks.cursor('siem', now)
    await log.tables.sinks.advance('siem', { from: 0, to: 4, now })
    expect(await expire(['siem'])).toMatchObject({ removed: 3, missed: [] })
    now += 10 * DAY_MS
    expect(await expire(['siem'])).toMatchObject({ removed: 4, upTo: 7, missed: ['siem'] })
    expect((await verify()).kinds).toEqual([])
  })

  test('checkpoints are made by number and by time, and an idle log gets none', async () => {
    const { sealing, records, checkpoints } = log.tables
    const sealer = { sealing, records, checkpoints, signer, clock: () => now }
    const rules = { everyRecords: 5, everyMs: 60_000 }
    const start = now
    const due = async () => {
      const made = await checkpointIfDue(sealer, rules, start)
      await log.seal()
      return made
    }
    now += 120_000
    expect(await due()).toBe(false)
    await write(1)
    expect(await due()).toBe(true)
    now += 120_000
    expect(await due()).toBe(false)
    await write(1)
    expect(await due()).toBe(true)
    await write(3)
    expect(await due()).toBe(false)
    await write(1)
    expect(await due()).toBe(true)
    expect((await checkpoints.after(0, 10)).map(({ sequence }) => sequence)).toEqual([1, 3, 8])
    expect((await verify()).kinds).toEqual([])
  })

  test('a log that is written while it is verified has nothing wrong', async () => {
    await write(300)
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1) await write(5)
    })()
    for (let round = 0; round < 5; round += 1) expect((await verify()).kinds).toEqual([])
    await writing
    await checkpoint()
    expect(await verify()).toMatchObject({ records: 401, kinds: [] })
  })
})
