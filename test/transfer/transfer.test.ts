import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { berthCommand } from '../support/berth-command.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'
import { importInto, write } from './commands.ts'
import { expectAll, fill, image } from './everything.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-transfer-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

for (const kind of ['folder', 'tar'] as const) {
  test(`a whole registry goes through a ${kind} and comes back the same, while it serves`, async () => {
    const target = join(folder, kind === 'tar' ? 'all.tar' : 'all')
    {
      await using berth = await startBerth()
      await fill(registryClient(berth.url))
      const { code, stdout } = await berthCommand(berth.dataFolder, ['export', target, '--json'])
      expect({ code, report: JSON.parse(stdout) }).toMatchObject({
        code: 0,
        report: { repositories: 3, manifests: 8, tags: 7 },
      })
    }
    await using berth = await startBerth()
    const { code, report } = await importInto(berth.dataFolder, target)
    expect({ code, report }).toMatchObject({ code: 0, report: { manifests: 8, tags: 7, failures: [] } })
    await expectAll(registryClient(berth.url))
    const again = await importInto(berth.dataFolder, target)
    expect(again).toMatchObject({ code: 0, report: { manifests: 0, blobs: 0, failures: [] } })
    expect(await berthCommand(berth.dataFolder, ['verify', '--json'])).toMatchObject({ code: 0 })
    expect(await (await storeOf(berth.dataFolder)).uploads()).toBe(0)
  })
}

test('an export of one repository is an OCI layout that can be imported under another name', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  await fill(client)
  const target = join(folder, 'one')
  expect(await berthCommand(berth.dataFolder, ['export', target, '--repository', 'app'])).toMatchObject({ code: 0 })
  expect(await Bun.file(join(target, 'app', 'oci-layout')).json()).toEqual({ imageLayoutVersion: '1.0.0' })
  const unnamed = await importInto(berth.dataFolder, join(target, 'app'))
  expect(unnamed).toMatchObject({
    code: 1,
    report: { failures: [{ reason: expect.stringContaining('--repository') }] },
  })
  expect(await importInto(berth.dataFolder, join(target, 'app'), '--repository', 'copy/of')).toMatchObject({ code: 0 })
  expect(await client.get('copy/of', 'manifests', 'v1.0')).toEqual(image.bytes)
  expect(await berthCommand(berth.dataFolder, ['export', target, '--repository', 'none'])).toMatchObject({ code: 1 })
})

test("distribution's data folder is taken in as it lies on disk", async () => {
  const root = join(folder, 'distribution', 'docker', 'registry', 'v2')
  const config = blobOf('{"from":"distribution"}')
  const tagged = imageOf([config])
  const gone = imageOf([config], { note: 'deleted' })
  const old = blobOf(JSON.stringify({ schemaVersion: 1, name: 'x', tag: 'old', fsLayers: [] }))
  for (const blob of [config, tagged, gone, old]) {
    const encoded = blob.digest.slice(7)
    await write(join(root, 'blobs', 'sha256', encoded.slice(0, 2), encoded, 'data'), blob.bytes)
  }
  const manifests = join(root, 'repositories', 'team', 'app', '_manifests')
  for (const { digest } of [tagged, old])
    await write(join(manifests, 'revisions', 'sha256', digest.slice(7), 'link'), digest)
  await mkdir(join(manifests, 'revisions', 'sha256', gone.digest.slice(7)), { recursive: true })
  await write(join(manifests, 'tags', 'v1', 'current', 'link'), tagged.digest)
  await write(join(manifests, 'tags', 'odd', 'current', 'link'), '../../../etc/passwd')

  await using berth = await startBerth()
  const client = registryClient(berth.url)
  const { code, report } = await importInto(berth.dataFolder, join(folder, 'distribution'))
  expect(code).toBe(1)
  expect(report).toMatchObject({ manifests: 1, tags: 1, blobs: 1 })
  expect(report.failures.map(failure => failure.reason).join('\n')).toContain('schema 1 is not supported')
  expect(report.failures.map(failure => failure.reason).join('\n')).toContain('is no digest')
  expect(await client.get('team/app', 'manifests', 'v1')).toEqual(tagged.bytes)
  expect(await client.get('team/app', 'blobs', config.digest)).toEqual(config.bytes)
  expect(await client.get('team/app', 'manifests', gone.digest)).toBe(404)
})

test('what does not have its digest, or lacks its blobs, is left out and named; the rest is taken', async () => {
  const layout = join(folder, 'damaged', 'some', 'repo')
  const [good, bad] = [blobOf('good'), blobOf('bad')]
  const [whole, damaged, lacking] = [imageOf([good]), imageOf([bad]), imageOf([blobOf('lost')])]
  const put = (digest: string, bytes: Uint8Array | string) =>
    write(join(layout, 'blobs', 'sha256', digest.slice(7)), bytes)
  for (const each of [whole, damaged, lacking, good]) await put(each.digest, each.bytes)
  await put(bad.digest, 'changed')
  const manifests = [whole, damaged, lacking].map(({ digest, mediaType, bytes }, position) => ({
    digest,
    mediaType,
    size: bytes.length,
    annotations: { 'org.opencontainers.image.ref.name': `t${position}` },
  }))
  await write(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [...manifests, { digest: 'sha256:../../x' }] }),
  )

  await using berth = await startBerth()
  const client = registryClient(berth.url)
  const { code, report } = await importInto(berth.dataFolder, join(folder, 'damaged'))
  expect(code).toBe(1)
  expect(report.failures.map(failure => failure.digest)).toEqual([damaged.digest, lacking.digest, undefined])
  expect(await client.list('some/repo/tags/list', 'tags')).toEqual(['t0'])
  expect(await client.head('some/repo', 'blobs', bad.digest)).toBe(404)
})

test('a tar file that names paths outside writes nothing there, and they are named', async () => {
  const archive = pack()
  archive.entry({ name: '../escaped/index.json' }, '{}')
  archive.entry({ name: '/tmp/berth-escaped/index.json' }, '{}')
  archive.entry({ name: 'link', type: 'symlink', linkname: '/etc' })
  archive.entry({ name: 'repo/index.json' }, JSON.stringify({ schemaVersion: 2, manifests: [] }))
  archive.finalize()
  const bytes = Buffer.concat((await Array.fromAsync(archive)) as Buffer[])
  await Bun.write(join(folder, 'evil.tar'), bytes)
  await using berth = await startBerth()
  expect(await importInto(berth.dataFolder, join(folder, 'evil.tar'))).toMatchObject({
    code: 1,
    report: {
      manifests: 0,
      failures: [
        { reason: expect.stringContaining('../escaped/index.json') },
        { reason: expect.stringContaining('/tmp/berth-escaped/index.json') },
      ],
    },
  })
  expect(await readdir(join(berth.dataFolder, 'uploads'))).toEqual([])
  expect(await Bun.file('/tmp/berth-escaped/index.json').exists()).toBe(false)
  expect(await Bun.file(join(berth.dataFolder, 'escaped', 'index.json')).exists()).toBe(false)
})
