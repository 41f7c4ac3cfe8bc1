import { describe, expect, test } from 'bun:test'
import { BERTH, berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { type Bytes, blobOf, imageOf, indexOf, registryClient } from '../support/registry-client.ts'
import { storeSettings } from '../support/settings.ts'
import { type Berth, startBerth, withoutSettings } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'

const REPOSITORY = 'gc/here'
/** The server collects nothing by itself; removal waits for nobody. */
const BY_HAND = {
  BERTH_GC_INTERVAL_SECONDS: '0',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  // What is deleted goes at once: test/trash has what becomes of it otherwise.
  BERTH_TRASH_DAYS: '0',
}
const config = blobOf('{}')

interface Report {
  readonly manifests: number
  readonly blobLinks: number
  readonly objects: number
  readonly uploads: number
  readonly freedBytes: number
}

async function gc(berth: Berth, ...flags: string[]): Promise<Report> {
  const { code, stdout, stderr } = await berthCommand(berth.dataFolder, ['gc', '--json', ...flags], BY_HAND)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

async function explain(berth: Berth, { digest }: { digest: string }, ...flags: string[]): Promise<string> {
  const { code, stdout } = await berthCommand(berth.dataFolder, ['gc', '--explain', digest, ...flags], BY_HAND)
  expect(code).toBe(0)
  return stdout
}

async function storedFiles(berth: Berth): Promise<number> {
  return (await (await storeOf(berth.dataFolder)).objects()).length
}

async function withBlobs(berth: Berth, ...blobs: readonly Bytes[]) {
  const client = registryClient(berth.url)
  for (const blob of blobs) expect(await client.pushBlob(REPOSITORY, blob)).toBe(201)
  return client
}

const loose = blobOf('x'.repeat(1234))

test('a dry run says what would go and what that frees, and touches nothing', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const client = await withBlobs(berth, loose)
  expect(await gc(berth, '--dry-run', '--grace', '0')).toMatchObject({ blobLinks: 1, objects: 1, freedBytes: 1234 })
  const { stdout } = await berthCommand(berth.dataFolder, ['gc', '--dry-run', '--grace', '0'], BY_HAND)
  expect(stdout).toContain(`would remove blob ${loose.digest} from ${REPOSITORY}`)
  expect(stdout).toContain('1234 bytes')
  expect(await client.head(REPOSITORY, 'blobs', loose.digest)).toBe(200)
  expect(await storedFiles(berth)).toBe(1)
})

test('what no manifest names goes, bytes and all; what one names stays', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const kept = blobOf('kept')
  const client = await withBlobs(berth, config, kept, loose)
  await client.putManifest(REPOSITORY, 'v1', imageOf([config, kept]))
  expect(await gc(berth, '--grace', '0')).toMatchObject({ manifests: 0, blobLinks: 1, objects: 1, freedBytes: 1234 })
  expect(await client.head(REPOSITORY, 'blobs', loose.digest)).toBe(404)
  expect(await client.get(REPOSITORY, 'blobs', kept.digest)).toEqual(kept.bytes)
  expect(await storedFiles(berth)).toBe(2)
  // It may be pushed again at once.
  expect(await client.pushBlob(REPOSITORY, loose)).toBe(201)
  expect(await client.get(REPOSITORY, 'blobs', loose.digest)).toEqual(loose.bytes)
})

test('a blob that another repository needs keeps its bytes', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const client = await withBlobs(berth, loose, config)
  expect(await client.mount('gc/there', loose.digest, REPOSITORY)).toBe(201)
  expect(await client.mount('gc/there', config.digest, REPOSITORY)).toBe(201)
  await client.putManifest('gc/there', 'v1', imageOf([config, loose]))
  expect(await gc(berth, '--grace', '0')).toMatchObject({ blobLinks: 2, objects: 0, freedBytes: 0 })
  expect(await client.head(REPOSITORY, 'blobs', loose.digest)).toBe(404)
  expect(await client.get('gc/there', 'blobs', loose.digest)).toEqual(loose.bytes)
})

test('it works the same while no server runs', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  await withBlobs(berth, loose)
  await berth.stop()
  expect(await gc(berth, '--grace', '0')).toMatchObject({ blobLinks: 1, objects: 1, freedBytes: 1234 })
  expect(await storedFiles(berth)).toBe(0)
})

describe('the grace period', () => {
  test('keeps what was pushed a moment ago', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    await withBlobs(berth, loose)
    expect(await gc(berth)).toMatchObject({ blobLinks: 0, objects: 0, freedBytes: 0 })
    expect(await explain(berth, loose)).toContain('its grace period lasts until')
  })

  test.each(['HEAD', 'mount'] as const)('begins anew when a client asks for the blob by %s', async how => {
    await using berth = await startBerth({ env: { ...BY_HAND, BERTH_GC_GRACE_SECONDS: '3000' } })
    const client = await withBlobs(berth, loose)
    const hourAgo = Date.now() - 3_600_000
    await sqlOn(berth.dataFolder, 'update collection_candidates set since = ?', [hourAgo])
    expect(await gc(berth, '--dry-run', '--grace', '3000')).toMatchObject({ blobLinks: 1 })
    if (how === 'HEAD') expect(await client.head(REPOSITORY, 'blobs', loose.digest)).toBe(200)
    else expect(await client.mount(REPOSITORY, loose.digest, REPOSITORY)).toBe(201)
    expect(await gc(berth, '--grace', '3000')).toMatchObject({ blobLinks: 0 })
    expect(await client.head(REPOSITORY, 'blobs', loose.digest)).toBe(200)
  })
})

describe('manifests without a tag', () => {
  async function untagged(berth: Berth) {
    const client = await withBlobs(berth, config)
    const [child, orphan, subject] = ['child', 'orphan', 'subject'].map(note => imageOf([config], { note }))
    if (!child || !orphan || !subject) throw new Error('Three images are needed.')
    const index = indexOf([child])
    const signature = imageOf([config], { subject, artifactType: 'application/x.signature' })
    for (const document of [child, orphan, signature]) await client.putManifest(REPOSITORY, document.digest, document)
    await client.putManifest(REPOSITORY, 'index', index)
    await client.putManifest(REPOSITORY, 'subject', subject)
    return { client, child, orphan, index, subject, signature }
  }

  test('are kept unless told otherwise', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, orphan } = await untagged(berth)
    expect(await gc(berth, '--grace', '0')).toMatchObject({ manifests: 0, blobLinks: 0 })
    expect(await client.head(REPOSITORY, 'manifests', orphan.digest)).toBe(200)
    expect(await explain(berth, orphan)).toContain('gc.untagged: keep')
  })

  test('go when told so, but never the child of an index that stands nor what refers to an image that is there', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, child, orphan, index, subject, signature } = await untagged(berth)
    const collect = () => gc(berth, '--grace', '0', '--untagged', 'delete')
    expect(await collect()).toMatchObject({ manifests: 1 })
    expect(await client.head(REPOSITORY, 'manifests', orphan.digest)).toBe(404)
    for (const kept of [child, index, subject, signature]) {
      expect(await client.get(REPOSITORY, 'manifests', kept.digest)).toEqual(kept.bytes)
    }
    expect(await explain(berth, child, '--untagged', 'delete')).toContain(`index ${index.digest} names it`)
    expect(await explain(berth, signature, '--untagged', 'delete')).toContain(`it refers to ${subject.digest}`)
    // When the index and the subject have gone, so may they.
    for (const tag of ['index', 'subject']) await client.remove(REPOSITORY, 'manifests', tag)
    for (let run = 0; run < 3; run += 1) await collect()
    for (const gone of [child, index, subject, signature]) {
      expect(await client.head(REPOSITORY, 'manifests', gone.digest)).toBe(404)
    }
    expect(await storedFiles(berth)).toBe(0)
  })
})

test('uploads that nobody goes on with go, with their bytes; others stay', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const client = registryClient(berth.url)
  const begin = async () => {
    const location = client.locate(await client.begin(REPOSITORY))
    await fetch(location, { method: 'PATCH', body: 'half' })
    return location
  }
  const [stale, fresh] = [await begin(), await begin()]
  const id = stale.pathname.split('/').at(-1) as string
  await sqlOn(berth.dataFolder, 'update uploads set updated_at = 0 where id = ?', [id])
  expect(await gc(berth)).toMatchObject({ uploads: 1 })
  expect((await fetch(stale)).status).toBe(404)
  expect((await fetch(fresh)).status).toBe(204)
  expect(await (await storeOf(berth.dataFolder)).uploads(id)).toBe(0)
})

test('--explain says of each digest whether it is kept and why, when it goes, or that it is unknown', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const client = await withBlobs(berth, config, loose)
  const image = imageOf([config])
  await client.putManifest(REPOSITORY, 'v1', image)
  expect(await explain(berth, image)).toContain(`is kept: in ${REPOSITORY} it has the tag v1`)
  expect(await explain(berth, config)).toContain(`is kept: in ${REPOSITORY} manifest ${image.digest} names it`)
  expect(await explain(berth, loose, '--grace', '0')).toContain('goes with the next garbage collection')
  expect(await explain(berth, blobOf('never pushed'))).toContain('is not in this registry')
  const wrong = await berthCommand(berth.dataFolder, ['gc', '--explain', 'sha256:short'], BY_HAND)
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('sha256:short')
})

test('a run that is killed in the middle is finished by the next, and nothing that is needed is touched', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const kept = Array.from({ length: 20 }, (_, index) => blobOf(`kept ${index}`))
  const client = await withBlobs(berth, config, ...kept)
  const image = imageOf([config, ...kept])
  await client.putManifest(REPOSITORY, 'v1', image)
  const garbage = Array.from({ length: 600 }, (_, index) => blobOf(`garbage ${index}`))
  await withBlobs(berth, ...garbage)
  const child = Bun.spawn([BERTH, 'gc', '--grace', '0'], {
    env: {
      ...withoutSettings(process.env),
      BERTH_DATA: berth.dataFolder,
      BERTH_AUTH: 'none',
      ...(await storeSettings(berth.dataFolder)),
      ...BY_HAND,
    },
    stdout: 'pipe',
    stderr: 'ignore',
  })
  // Killed as soon as it says that it removed something.
  for await (const printed of child.stdout) if (new TextDecoder().decode(printed).includes('removed')) break
  child.kill('SIGKILL')
  await child.exited
  await gc(berth, '--grace', '0')
  for (const { digest } of garbage) expect(await client.head(REPOSITORY, 'blobs', digest)).toBe(404)
  expect(await storedFiles(berth)).toBe(kept.length + 1)
  for (const { digest, bytes } of kept) expect(await client.get(REPOSITORY, 'blobs', digest)).toEqual(bytes)
  expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
})

test('the bytes of a manifest that were pushed as a blob too are explained for what they are', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const client = await withBlobs(berth, config)
  const image = imageOf([config])
  expect(await client.putManifest(REPOSITORY, 'v1', image)).toBe(201)
  expect(await client.pushBlob('gc/there', image)).toBe(201)
  expect(await client.pushBlob(REPOSITORY, image)).toBe(201)
  expect(await explain(berth, image, '--json', '--grace', '0')).toMatch(/"kind":"blob"[^}]*"decision":"goes"/)
})
