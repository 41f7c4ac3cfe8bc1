import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { openSqliteMetadata } from '../../src/stores/metadata/index.ts'
import { berthCommand } from '../support/berth-command.ts'
import { onPostgres } from '../support/database.ts'
import { openLog } from './log.ts'

const verified = async (folder: string) => {
  const { code, stdout } = await berthCommand(folder, ['audit', 'verify', '--json'])
  return { code, records: JSON.parse(stdout).records, hash: JSON.parse(stdout).head.hash }
}

// To a data folder, so that one test shows both ways in.
test.skipIf(onPostgres)('the chain goes with the registry: by a move and by a backup', async () => {
  await using log = await openLog()
  await log.write({ type: 'one' }, { type: 'two' })
  await log.tables.sinks.cursor('siem', 1)
  await log.tables.sinks.advance('siem', { from: 0, to: 2, now: 1 })
  // Not sealed yet.
  await log.tables.inbox.record([(await log.tables.records.read(0, 1))[0]?.entry].filter(entry => entry !== undefined))
  const before = await verified(log.folder)
  expect(before).toMatchObject({ code: 0, records: 2 })

  const [backup, restored, moved] = ['backup', 'restored', 'moved'].map(name => join(log.folder, name)) as [
    string,
    string,
    string,
  ]
  expect(await berthCommand(log.folder, ['backup', backup])).toMatchObject({ code: 0 })
  expect(await berthCommand(restored, ['restore', backup])).toMatchObject({ code: 0 })
  expect(await verified(restored)).toEqual(before)
  expect(await berthCommand(log.folder, ['migrate-store', '--to-data', moved])).toMatchObject({ code: 0 })
  expect(await verified(moved)).toEqual(before)

  // What was not sealed is, at the new place; the old one takes nothing any more.
  const there = await reopened(moved)
  await there.seal()
  expect((await there.tables.records.head()).sequence).toBe(3)
  expect(await there.tables.sinks.cursor('siem', 9)).toBe(2)
  await there.close()
  expect(await verified(moved)).toMatchObject({ code: 0, records: 3 })
  await expect(log.seal()).rejects.toThrow('moved')
})

async function reopened(folder: string) {
  const { metadata } = await openSqliteMetadata(join(folder, 'berth.db'))
  return {
    tables: metadata.audit,
    close: metadata.close,
    async seal() {
      while ((await metadata.audit.sealing.seal()) > 0);
    },
  }
}
