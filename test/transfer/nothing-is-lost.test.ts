import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobOf, INDEX, imageOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { exportFrom, importInto, tarOf, write } from './commands.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-lost-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const config = blobOf('{"os":"any"}')
const documentOf = (repository: string) => imageOf([config], { note: repository })

async function push(client: RegistryClient, repository: string): Promise<void> {
  expect(await client.pushBlob(repository, config)).toBe(201)
  expect(await client.putManifest(repository, 'v1', documentOf(repository))).toBe(201)
}

/** Each is there with its own image, and there are no others. */
async function expectExactly(client: RegistryClient, repositories: readonly string[]): Promise<void> {
  expect(await client.list('_catalog', 'repositories')).toEqual([...repositories].sort())
  for (const repository of repositories) {
    expect(await client.get(repository, 'manifests', 'v1')).toEqual(documentOf(repository).bytes)
  }
}

/** The files of a layout that holds the repository's image, by their paths. */
function layoutOf(repository: string, at: string): Record<string, string | Uint8Array> {
  const { digest, mediaType, bytes } = documentOf(repository)
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
  const manifests = [{ digest, mediaType, size: bytes.length, annotations }]
  return {
    [join(at, 'oci-layout')]: '{"imageLayoutVersion":"1.0.0"}',
    [join(at, 'index.json')]: JSON.stringify({ schemaVersion: 2, manifests }),
    [join(at, 'blobs', 'sha256', digest.slice(7))]: bytes,
    [join(at, 'blobs', 'sha256', config.digest.slice(7))]: config.bytes,
  }
}

async function writeLayout(repository: string, at: string): Promise<void> {
  for (const [path, content] of Object.entries(layoutOf(repository, at))) await write(path, content)
}

const AWKWARD: Readonly<Record<string, readonly string[]>> = {
  'below a folder named blobs': ['x/blobs/shared', 'x', 'x/blobs/sha256', 'x/blobs/sha512/y', 'blobs/sha256'],
  "in distribution's folders": ['repositories/x', 'docker/registry/v2/repositories/y', 'blobs/sha256/ab'],
  'that are named like the files of a layout': [
    'team',
    'team/index.json',
    'team/oci-layout',
    'team/blobs',
    'team/blobs/sha256',
    'team/index.json/index.json',
    'team/index.json.part',
    'index.json',
    'oci-layout/blobs',
  ],
}

for (const [what, repositories] of Object.entries(AWKWARD)) {
  for (const kind of ['folder', 'tar'] as const) {
    test(`repositories ${what} go through a ${kind} and come back under their names`, async () => {
      const target = join(folder, `${what.replaceAll(/\W/g, '-')}${kind === 'tar' ? '.tar' : ''}`)
      {
        await using berth = await startBerth()
        for (const repository of repositories) await push(registryClient(berth.url), repository)
        expect(await exportFrom(berth.dataFolder, target)).toMatchObject({
          code: 0,
          report: { repositories: repositories.length, failures: [] },
        })
      }
      await using berth = await startBerth()
      expect(await importInto(berth.dataFolder, target)).toMatchObject({
        code: 0,
        report: { repositories: repositories.length, failures: [] },
      })
      await expectExactly(registryClient(berth.url), repositories)
    })
  }
}

test('layouts of other tools are found wherever they lie: below blobs, below repositories', async () => {
  const repositories = ['x', 'x/blobs', 'x/blobs/sha256', 'x/blobs/sha512/y', 'x/blobs/shared', 'repositories/z']
  for (const repository of repositories) await writeLayout(repository, join(folder, 'others', repository))
  await using berth = await startBerth()
  expect(await importInto(berth.dataFolder, join(folder, 'others'))).toMatchObject({
    code: 0,
    report: { failures: [] },
  })
  await expectExactly(registryClient(berth.url), repositories)
})

test('a tar file with components that are written as they are is taken under the same names', async () => {
  const repositories = ['team', 'team/index.json', 'team/blobs/sha256']
  const files = Object.assign({}, ...repositories.map(repository => layoutOf(repository, repository)))
  await write(join(folder, 'as-they-are.tar'), await tarOf(files))
  await using berth = await startBerth()
  expect(await importInto(berth.dataFolder, join(folder, 'as-they-are.tar'))).toMatchObject({ code: 0 })
  await expectExactly(registryClient(berth.url), repositories)
})

test('a layout that is left out is named: below another layout, behind a link, twice, under no name', async () => {
  const root = join(folder, 'left-out')
  await writeLayout('a', join(root, 'app'))
  await writeLayout('b', join(root, 'app', 'deep'))
  await writeLayout('c', join(root, 'Odd'))
  await writeLayout('e', join(root, 'app', '_blobs'))
  await writeLayout('e', join(root, 'app', 'blobs'))
  await writeLayout('d', join(folder, 'elsewhere'))
  await symlink(join(folder, 'elsewhere'), join(root, 'linked'))
  await using berth = await startBerth()
  const all = await importInto(berth.dataFolder, root)
  expect({ code: all.code, repositories: all.report.repositories }).toEqual({ code: 1, repositories: 3 })
  expect(all.report.failures).toMatchObject([
    { repository: 'Odd', reason: 'This is not a repository name.' },
    { reason: expect.stringContaining('same repository') },
    { reason: expect.stringContaining(`${join(root, 'linked')}: is a symbolic link`) },
  ])
  const one = await importInto(berth.dataFolder, join(root, 'app'), '--repository', 'copy')
  expect(one).toMatchObject({ code: 1, report: { repositories: 1 } })
  expect(one.report.failures.map(({ reason }) => reason).join('\n')).toContain(join(root, 'app', 'deep'))
})

test('a blob that is there and cannot be read is one failure, and the rest is taken', async () => {
  const root = join(folder, 'unreadable')
  for (const repository of ['first', 'second']) await writeLayout(repository, join(root, repository))
  const blob = join(root, 'first', 'blobs', 'sha256', config.digest.slice(7))
  await rm(blob)
  // A link to itself: not absent, and refused to everybody, root too.
  await symlink(blob, blob)
  await using berth = await startBerth()
  expect(await importInto(berth.dataFolder, root)).toMatchObject({
    code: 1,
    report: {
      failures: [
        { repository: 'first', reason: expect.stringContaining(`${blob} cannot be read`) },
        { repository: '', reason: expect.stringContaining(`${blob}: cannot be read`) },
      ],
    },
  })
  await expectExactly(registryClient(berth.url), ['second'])
})

test("distribution's folder is known by what lies in it, and only its repositories with manifests are taken", async () => {
  const root = join(folder, 'distribution')
  const { digest, bytes } = documentOf('team/app')
  for (const blob of [config, { digest, bytes }]) {
    const encoded = blob.digest.slice(7)
    await write(join(root, 'blobs', 'sha256', encoded.slice(0, 2), encoded, 'data'), blob.bytes)
  }
  const manifests = join(root, 'repositories', 'team', 'app', '_manifests')
  await write(join(manifests, 'revisions', 'sha256', digest.slice(7), 'link'), digest)
  await write(join(manifests, 'tags', 'v1', 'current', 'link'), digest)
  await mkdir(join(root, 'repositories', 'half', '_layers', 'sha256'), { recursive: true })
  await using berth = await startBerth()
  expect(await importInto(berth.dataFolder, root)).toMatchObject({ code: 0, report: { repositories: 1, manifests: 1 } })
  await expectExactly(registryClient(berth.url), ['team/app'])
  await rm(join(root, 'repositories', 'team'), { recursive: true })
  const empty = await importInto(berth.dataFolder, root)
  expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to import') })
})

test('an import that finds nothing says what it looked for and ends with 2, and makes no registry', async () => {
  const data = join(folder, 'no-registry')
  await write(join(folder, 'nothing', 'a', 'notes.txt'), 'mine')
  await write(join(folder, 'nothing.tar'), await tarOf({ 'notes.txt': 'mine' }))
  await write(join(folder, 'outside.tar'), await tarOf({ '../escaped/index.json': '{"manifests":[]}' }))
  await write(join(folder, 'empty.tar'), await tarOf({}))
  for (const source of ['nothing', 'nothing.tar', 'outside.tar', 'empty.tar']) {
    const { code, stderr } = await importInto(data, join(folder, source))
    expect({ source, code, stderr }).toEqual({
      source,
      code: 2,
      stderr: expect.stringMatching(/^berth: There is nothing to import in .*index\.json.*_manifests.*\n$/),
    })
    if (source === 'nothing') expect(await readdir(folder)).not.toContain('no-registry')
  }
})

test('a tar file that was cut off anywhere is refused', async () => {
  const whole = await tarOf({ ...layoutOf('one', 'one'), ...layoutOf('two', 'two') })
  const data = join(folder, 'cut-data')
  const entries = whole.length - 1024
  for (const length of [entries, entries - 512, entries - 700, 1024, 1100, 600]) {
    await write(join(folder, 'cut.tar'), whole.subarray(0, length))
    const { code, stderr } = await importInto(data, join(folder, 'cut.tar'))
    expect({ length, code, stderr }).toEqual({
      length,
      code: 2,
      stderr: expect.stringMatching(/^berth: .*cut\.tar is cut short or damaged: .*\n$/),
    })
    expect(await readdir(join(data, 'uploads'))).toEqual([])
  }
})

test('an export into a folder of an earlier one goes on, and what was marked stays an export', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  await push(client, 'repositories/x')
  const target = join(folder, 'twice')
  expect(await exportFrom(berth.dataFolder, target)).toMatchObject({ code: 0 })
  expect((await readdir(target)).toSorted()).toEqual(['_berth-export.json', 'repositories'])
  await push(client, 'repositories/y')
  expect(await exportFrom(berth.dataFolder, target)).toMatchObject({ code: 0, report: { repositories: 2 } })
  await rename(target, join(folder, 'moved'))
  await using other = await startBerth()
  expect(await importInto(other.dataFolder, join(folder, 'moved'))).toMatchObject({ code: 0 })
  await expectExactly(registryClient(other.url), ['repositories/x', 'repositories/y'])
})

test('an index that names layers, as the cache of BuildKit does, comes back with them', async () => {
  await using from = await startBerth()
  const client = registryClient(from.url)
  const layer = blobOf('a cached layer')
  expect(await client.pushBlob('cache', layer)).toBe(201)
  const { digest } = layer
  const manifests = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: layer.bytes.length }]
  const index = { ...blobOf(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })), mediaType: INDEX }
  expect(await client.putManifest('cache', 'main', { ...index, needs: [digest] })).toBe(201)
  const target = join(folder, 'cache.tar')
  expect((await exportFrom(from.dataFolder, target)).code).toBe(0)
  await using to = await startBerth()
  expect((await importInto(to.dataFolder, target)).code).toBe(0)
  expect(await registryClient(to.url).get('cache', 'manifests', 'main')).toEqual(index.bytes)
  expect(await registryClient(to.url).get('cache', 'blobs', digest)).toEqual(layer.bytes)
})
