import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { startAuditJobs } from '../../src/app/audit-jobs.ts'
import { auditSettings } from '../../src/app/config/audit-settings.ts'
import { verifyAudit } from '../../src/features/audit/index.ts'
import { createLog, createMetrics } from '../../src/platform/telemetry/index.ts'
import { openSqliteJobs } from '../../src/stores/jobs/index.ts'
import { appendAudit } from '../../src/stores/metadata/index.ts'
import { onPostgres } from '../support/database.ts'
import { until } from './delivering.ts'
import { directOutbound } from './direct-outbound.ts'
import { entryOf, newSigner, openLog } from './log.ts'

// The jobs of PostgreSQL need its address; what they run is the same.
test.skipIf(onPostgres)('a server seals, makes checkpoints, delivers them and tells how it goes', async () => {
  await using log = await openLog()
  const path = join(log.folder, 'audit.jsonl')
  const settings = auditSettings.parse({
    checkpointRecords: 10,
    sinks: [{ name: 'file', type: 'file', path }],
  })
  const jobs = openSqliteJobs(log.engine, { alone: true })
  const faults: unknown[] = []
  const heard = {
    settled: (fact: { error?: unknown }) => fact.error && faults.push(fact.error),
    fault: (error: unknown) => faults.push(error),
  }
  await jobs.start(heard)
  const [signer, metrics] = [newSigner(), createMetrics('test')]
  startAuditJobs(
    { jobs, tables: log.tables, signer, outbound: directOutbound, log: createLog('error'), metrics },
    settings,
  )
  await log.engine.write(queries =>
    appendAudit(
      queries,
      Array.from({ length: 12 }, () => entryOf()),
    ),
  )
  const types = async () => {
    const text = (await Bun.file(path).exists()) ? await Bun.file(path).text() : ''
    return text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line).entry.type)
  }
  await until(async () => (await types()).length >= 13)
  expect((await types()).slice(0, 13)).toEqual([
    ...Array.from({ length: 12 }, () => 'manifest.push'),
    'audit.checkpoint',
  ])
  const { text } = await metrics.expose()
  expect(text).toContain('berth_audit_sink_delivered_records_total{sink="file"}')
  expect(text).toContain('berth_audit_sink_lag_records{sink="file"}')
  await jobs.stop()
  expect((await metrics.expose()).text).not.toContain('berth_audit_sink_lag_records{sink="file"}')
  expect(faults).toEqual([])
  expect(await verifyAudit({ tables: log.tables, verifier: signer })).toMatchObject({ findings: 0, checkpoints: 1 })
})
