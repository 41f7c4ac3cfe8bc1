import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MIGRATIONS } from '../../src/stores/metadata/migrations/index.ts'
import { migrateSqlite } from '../../src/stores/metadata/sqlite/open.ts'
import { berthCommand } from '../support/berth-command.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'

const VERSIONS = Object.keys(MIGRATIONS)
const NEWEST = VERSIONS.at(-1) as string
const config = blobOf('{"old":true}')
const stray = blobOf('unreferenced')
const image = imageOf([config])

/** A data folder as the Berth of that version left it: one tagged image, and a blob that nothing refers to. */
async function folderOf(version: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-upgrade-'))
  try {
    const file = join(folder, 'berth.db')
    await migrateSqlite(file, version)
    const database = new Database(file)
    database.run("insert into repositories (name, created_at) values ('old/app', 1)")
    for (const { digest, bytes } of [config, stray]) {
      const key = `sha256/${digest.slice(7, 9)}/${digest.slice(7)}.11111111-1111-1111-1111-111111111111`
      await mkdir(join(folder, 'blobs', 'sha256', digest.slice(7, 9)), { recursive: true })
      await Bun.write(join(folder, 'blobs', key), bytes)
      database.run(
        "insert into blobs (digest, size_bytes, storage_key, state, created_at) values (?, ?, ?, 'stored', 1)",
        [digest, bytes.length, key],
      )
      database.run('insert into repository_blobs (repository_id, digest, linked_at) values (1, ?, 1)', [digest])
    }
    database.run(
      `insert into manifests (repository_id, digest, media_type, artifact_type, size_bytes, pushed_at, state, bytes)
       values (1, ?, ?, 'application/vnd.oci.image.config.v1+json', ?, 1, 'stored', ?)`,
      [image.digest, image.mediaType, image.bytes.length, image.bytes],
    )
    database.run("insert into manifest_references (repository_id, manifest, target, kind) values (1, ?, ?, 'blob')", [
      image.digest,
      config.digest,
    ])
    database.run("insert into tags (repository_id, name, digest, updated_at) values (1, 'v1', ?, 1)", [image.digest])
    if (version >= '0002-collection') {
      // Since then whoever pushes queues for garbage collection what nothing refers to.
      database.run("insert into collection_candidates values (1, ?, 'blob', 1)", [stray.digest])
    }
    database.close()
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function snapshots(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(name => name.includes('before-leaving')).toSorted()
}

for (const version of VERSIONS) {
  describe(`a data folder of version ${version}`, () => {
    test('is brought to the newest in one go when the server starts, and serves what it had', async () => {
      await folderOf(version, async folder => {
        await using berth = await startBerth({ dataFolder: folder, env: { BERTH_GC_REMOVAL_DELAY_SECONDS: '0' } })
        const client = registryClient(berth.url)
        expect(await client.get('old/app', 'manifests', 'v1')).toEqual(image.bytes)
        expect(await client.get('old/app', 'blobs', config.digest)).toEqual(config.bytes)
        expect(await client.putManifest('old/app', 'v2', image)).toBe(201)
        expect(await berthCommand(folder, ['verify'])).toMatchObject({ code: 0 })
        const changed = version === NEWEST ? [] : [`berth.db.before-leaving-${version}`]
        expect(await snapshots(folder)).toEqual(changed)
      })
    })

    test('has its garbage collected afterwards, and only that', async () => {
      await folderOf(version, async folder => {
        expect(
          await berthCommand(folder, ['gc', '--grace', '0'], { BERTH_GC_REMOVAL_DELAY_SECONDS: '0' }),
        ).toMatchObject({ code: 0 })
        await using berth = await startBerth({ dataFolder: folder })
        const client = registryClient(berth.url)
        expect(await client.head('old/app', 'blobs', stray.digest)).toBe(404)
        expect(await client.get('old/app', 'blobs', config.digest)).toEqual(config.bytes)
      })
    })
  })
}

test('the snapshot is the way back: put in the place of the database, it is the old version with what it had', async () => {
  const [oldest = ''] = VERSIONS
  await folderOf(oldest, async folder => {
    const file = join(folder, 'berth.db')
    const { applied } = await migrateSqlite(file)
    expect(applied).toEqual(VERSIONS.slice(1))
    const database = new Database(`${file}.before-leaving-${oldest}`)
    const done = database.query<{ name: string }, []>('select name from kysely_migration').all()
    expect(done.map(row => row.name)).toEqual([oldest])
    expect(database.query('select count(*) as count from tags').get()).toEqual({ count: 1 })
    expect(database.query('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    database.close()
  })
})

test('a database of a newer Berth that older ones may go on serving is served, and not changed', async () => {
  await folderOf(NEWEST, async folder => {
    const database = new Database(join(folder, 'berth.db'))
    database.run('alter table repositories add column of_the_future text')
    database.run("insert into kysely_migration values ('9999-from-the-future', '2099-01-01')")
    database.close()
    await using berth = await startBerth({ dataFolder: folder })
    const client = registryClient(berth.url)
    expect(await client.get('old/app', 'manifests', 'v1')).toEqual(image.bytes)
    expect(await client.pushBlob('new/app', config)).toBe(201)
    expect(await client.putManifest('new/app', 'v1', image)).toBe(201)
    expect(await snapshots(folder)).toEqual([])
  })
})

test('a database of a newer Berth that no older one may serve is refused by its name, and not touched', async () => {
  await folderOf(NEWEST, async folder => {
    const database = new Database(join(folder, 'berth.db'))
    database.run("insert into kysely_migration values ('9999-from-the-future', '2099-01-01')")
    database.run("update compatibility set oldest = '9999-from-the-future'")
    database.close()
    const { code, stderr } = await berthCommand(folder, ['serve'], { BERTH_LISTEN: '127.0.0.1:0' })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('9999-from-the-future') })
    expect(await snapshots(folder)).toEqual([])
  })
})

test('a step that fails is undone, named, and leaves the version that was there', async () => {
  const [oldest = ''] = VERSIONS
  await folderOf(oldest, async folder => {
    const file = join(folder, 'berth.db')
    const database = new Database(file)
    database.run('create table condemned_objects (in_the_way integer)')
    await expect(migrateSqlite(file)).rejects.toThrow(/0002-collection failed and was undone/)
    expect(database.query('select name from kysely_migration').all()).toEqual([{ name: oldest }])
    expect(database.query("select name from sqlite_master where name = 'collection_candidates'").all()).toEqual([])
    database.run('drop table condemned_objects')
    database.close()
    expect((await migrateSqlite(file)).to).toBe(NEWEST)
  })
})
