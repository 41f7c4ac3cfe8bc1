import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RECORDER_LIMITS } from '../features/audit/index.ts'
import { createMetrics, type Log } from '../platform/telemetry/index.ts'
import { openSqliteMetadata } from '../stores/metadata/index.ts'
import { openRecorder } from './audit.ts'

test('what the audit log loses is counted, every entry of it, and told once a minute', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-recorder-'))
  const file = join(folder, 'berth.db')
  const { metadata } = await openSqliteMetadata(file)
  using database = new Database(file)
  database.run('drop table audit_inbox')
  const metrics = createMetrics('1.2.3')
  const told: unknown[] = []
  const log = { warn: () => undefined, error: (fact: unknown) => void told.push(fact) } as unknown as Log
  const recorder = openRecorder(metadata, log, metrics)
  const pull = { type: 'manifest.pull', category: 'data read', outcome: 'success', origin: {}, resource: {} } as const
  for (let at = 0; at < RECORDER_LIMITS.waitingEntries + 100; at += 1)
    recorder.record({ ...pull, at, actor: { kind: 'anonymous', id: 'anonymous', name: `${at}` } })
  await recorder.stop()
  expect(told).toEqual([{ entries: 1 }])
  const { text } = await metrics.expose()
  expect(text).toContain(`berth_audit_dropped_entries_total ${RECORDER_LIMITS.waitingEntries + 100}`)
  expect(text).toMatch(/berth_audit_write_failures_total [1-9]/)
  await metadata.close()
  await rm(folder, { recursive: true })
})
