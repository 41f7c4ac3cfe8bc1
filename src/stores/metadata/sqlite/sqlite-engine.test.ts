import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OutcomeUnknown } from '../../../platform/outcome/index.ts'
import { auditContract } from '../audit/audit.contract.ts'
import { engineContract } from '../engine.contract.ts'
import { identityContract } from '../identity/identity.contract.ts'
import { LogSync } from './log-sync.ts'
import { migrateSqlite } from './open.ts'
import { openSqliteEngine } from './sqlite-engine.ts'

const open = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-sqlite-'))
  const file = join(folder, 'berth.db')
  await migrateSqlite(file)
  const engine = openSqliteEngine(file)
  return {
    engine,
    another: async () => openSqliteEngine(file),
    async [Symbol.asyncDispose]() {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

engineContract('SQLite', open)
auditContract('SQLite', open)
identityContract('SQLite', open)

test('a log that cannot be synced makes this and every later write’s outcome unknown, and names the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-log-'))
  const path = join(folder, 'absent-wal')
  const log = new LogSync(path)
  const failures = await Promise.all([1, 2].map(() => log.synced().catch(error => error)))
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(OutcomeUnknown)
    expect(String(failure)).toContain(path)
  }
  // Even when the disk seems well again.
  await Bun.write(path, '')
  await expect(log.synced()).rejects.toBeInstanceOf(OutcomeUnknown)
  await rm(folder, { recursive: true })
})
