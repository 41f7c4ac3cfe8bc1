import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose } from '../../src/app/compose.ts'
import { loadConfig } from '../../src/app/config/index.ts'
import { backUp } from '../../src/features/copying/index.ts'
import { openBackup } from '../../src/stores/backups/index.ts'
import { berthCommand } from '../support/berth-command.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { filesBelow } from '../transfer/commands.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-vanished-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a blob that is collected between a snapshot and its copy makes another snapshot, and only that is kept', async () => {
  const data = join(folder, 'data')
  await using berth = await startBerth({ dataFolder: data })
  const client = registryClient(berth.url)
  const [kept, late] = [blobOf('kept'), blobOf('late')]
  expect(await client.pushBlob('app', kept)).toBe(201)
  expect(await client.putManifest('app', 'v1', imageOf([kept]))).toBe(201)

  await using source = await compose(loadConfig({ environment: {}, flags: { data } }), 'test')
  const { tables, relocation } = source.metadata
  let moments = 0
  const awkward: typeof tables = {
    ...tables,
    async snapshot(work) {
      moments += 1
      // Pushed when all was copied, in the snapshot, and gone when it is read.
      if (moments === 1) expect(await client.pushBlob('app', late)).toBe(201)
      return tables.snapshot(async rows => {
        if (moments === 1) {
          expect(await client.remove('app', 'blobs', late.digest)).toBe(202)
          await berthCommand(data, ['gc', '--grace', '0'], { BERTH_GC_REMOVAL_DELAY_SECONDS: '0' })
        }
        return work(rows)
      })
    },
  }
  const target = join(folder, 'backup')
  const job = {
    source: { tables: awkward, relocation, blobs: source.stores.blobs },
    backup: await openBackup(target),
    schema: source.migration.to,
  }
  expect(await backUp(job, {})).toMatchObject({ outcome: 'backed up', failures: [], rows: { blobs: 1 } })
  expect(moments).toBe(2)
  expect(await filesBelow(join(target, 'snapshots'))).toHaveLength(1)
  expect(await filesBelow(join(target, 'unfinished')).then(files => files.length)).toBe(0)
  expect(await berthCommand(data, ['backup', 'drill', target])).toMatchObject({ code: 0 })
})
