import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { blobsIn } from '../support/object-storage.ts'
import { type Bytes, blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'
import { storedObjects, uploadsLeft } from './compare.ts'
import { traceServer } from './system-calls.ts'

const REPOSITORY = 'team/app'

/** Kills the server at the moment when the upload lies under its final name and is not recorded yet. */
async function killWhileFinishing(berth: Berth, blob: Bytes): Promise<URL> {
  const client = registryClient(berth.url)
  const location = client.locate(await client.begin(REPOSITORY))
  const id = location.pathname.slice(location.pathname.lastIndexOf('/') + 1)
  const encoded = blob.digest.slice('sha256:'.length)
  const path = join(berth.dataFolder, 'blobs/sha256', encoded.slice(0, 2), `${encoded}.${id}`)
  const trace = await traceServer(berth.pid, ['-P', path, '-e', 'inject=fsync:signal=KILL', '-o', '/dev/null'])
  location.searchParams.set('digest', blob.digest)
  await expect(fetch(location, { method: 'PUT', body: blob.bytes })).rejects.toThrow()
  await trace.exited
  expect(await Bun.file(path).exists()).toBe(true)
  return location
}

async function withFolder(work: (dataFolder: string) => Promise<void>): Promise<void> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-half-'))
  try {
    await work(dataFolder)
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
}

async function expectOnly(dataFolder: string, blobs: readonly Bytes[]): Promise<void> {
  const verified = await berthCommand(dataFolder, ['verify', '--json'])
  expect({ code: verified.code, said: verified.stderr }).toEqual({ code: 0, said: '' })
  const stored = await storedObjects(dataFolder)
  expect([...stored.digests].sort()).toEqual(blobs.map(blob => blob.digest).sort())
  expect(stored.files).toBe(blobs.length)
  expect(await uploadsLeft(dataFolder)).toBe(0)
}

// It watches the system calls of a server whose blobs lie in the data folder.
if (blobsIn === undefined) {
  describeWithTools(
    'faults',
    'an upload whose server was killed while it was being finished',
    [needTool('strace')],
    () => {
      test('is finished by the same request again', () =>
        withFolder(async dataFolder => {
          const blob = blobOf('half finished')
          const path = await killWhileFinishing(await startBerth({ dataFolder }), blob)
          await using berth = await startBerth({ dataFolder })
          const again = new URL(path.pathname + path.search, berth.url)
          expect((await fetch(again, { method: 'PUT', body: blob.bytes })).status).toBe(201)
          expect(await registryClient(berth.url).get(REPOSITORY, 'blobs', blob.digest)).toEqual(blob.bytes)
          await expectOnly(dataFolder, [blob])
        }))

      test('says what it has, and is finished by a request without a body', () =>
        withFolder(async dataFolder => {
          const blob = blobOf('sent before')
          const path = await killWhileFinishing(await startBerth({ dataFolder }), blob)
          await using berth = await startBerth({ dataFolder })
          const status = await fetch(new URL(path.pathname, berth.url))
          expect([status.status, status.headers.get('Range')]).toEqual([204, `0-${blob.bytes.length - 1}`])
          expect((await fetch(new URL(path.pathname + path.search, berth.url), { method: 'PUT' })).status).toBe(201)
          await expectOnly(dataFolder, [blob])
        }))

      test('leaves nothing behind when somebody else has pushed the blob meanwhile', () =>
        withFolder(async dataFolder => {
          const blob = blobOf('pushed by two')
          const path = await killWhileFinishing(await startBerth({ dataFolder }), blob)
          await using berth = await startBerth({ dataFolder })
          const client = registryClient(berth.url)
          expect(await client.pushBlob(REPOSITORY, blob)).toBe(201)
          expect(await client.putManifest(REPOSITORY, 'v1', imageOf([blob]))).toBe(201)
          const again = new URL(path.pathname + path.search, berth.url)
          expect((await fetch(again, { method: 'PUT', body: blob.bytes })).status).toBe(201)
          await expectOnly(dataFolder, [blob])
        }))

      test('leaves nothing behind when it is cancelled, or sent on as something else', () =>
        withFolder(async dataFolder => {
          const [cancelled, changed, other] = ['cancelled', 'changed', 'something else'].map(blobOf) as [
            Bytes,
            Bytes,
            Bytes,
          ]
          const toCancel = await killWhileFinishing(await startBerth({ dataFolder }), cancelled)
          const toChange = await killWhileFinishing(await startBerth({ dataFolder }), changed)
          await using berth = await startBerth({ dataFolder })
          expect((await fetch(new URL(toCancel.pathname, berth.url), { method: 'DELETE' })).status).toBe(204)
          const finish = new URL(`${toChange.pathname}?digest=${other.digest}`, berth.url)
          const refused = await fetch(finish, { method: 'PUT', body: other.bytes })
          expect([refused.status, await refused.json()]).toMatchObject([400, { errors: [{ code: 'DIGEST_INVALID' }] }])
          await expectOnly(dataFolder, [])
        }))
    },
  )
}
