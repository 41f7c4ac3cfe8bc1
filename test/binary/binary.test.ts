import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_INVENTORY_LIMITS, inventoryWorkers } from '../../src/features/inventory/index.ts'
import { dpkgStatus, imageWith } from '../inventory/images.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { freePort } from '../support/start-berth.ts'

const ROOT = join(import.meta.dir, '../..')
let folder: string
let binary: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-binary-'))
  binary = join(folder, 'berth')
  const { scripts } = await Bun.file(join(ROOT, 'package.json')).json()
  // Exactly what `npm run build` does, to another place.
  const [, ...args] = (scripts.build as string).replace('dist/berth', binary).split(' ')
  const build = Bun.spawn([process.execPath, ...args], { cwd: ROOT, stdout: 'ignore', stderr: 'pipe' })
  const errors = await build.stderr.text()
  if ((await build.exited) !== 0) throw new Error(errors)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** In an empty folder, with nothing of this machine's environment. */
async function run(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cwd = join(folder, name)
  await mkdir(cwd, { recursive: true })
  const child = Bun.spawn([binary, ...args], { cwd, env: { ...env }, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  return { child, cwd }
}

async function finished(name: string, args: readonly string[]) {
  const { child } = await run(name, args)
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, stdout, stderr }
}

test.each(['1', '2'])('the one file serves from an empty folder with %s processes', async processes => {
  const name = `serve-${processes}`
  const host = `127.0.0.1:${freePort()}`
  const { child, cwd } = await run(name, ['serve', '--auth', 'none'], {
    BERTH_LISTEN: host,
    BERTH_PROCESSES: processes,
  })
  for await (const printed of child.stdout) if (new TextDecoder().decode(printed).includes('Push a first image')) break
  const client = registryClient(`http://${host}`)
  const [config, layer] = [blobOf('{}'), blobOf('x'.repeat(100_000))]
  const image = imageOf([config, layer])
  for (const blob of [config, layer]) expect(await client.pushBlob('from/binary', blob)).toBe(201)
  expect(await client.putManifest('from/binary', 'v1', image)).toBe(201)
  expect(await client.get('from/binary', 'manifests', 'v1')).toEqual(image.bytes)
  expect(await client.get('from/binary', 'blobs', layer.digest)).toEqual(layer.bytes)
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(await readdir(cwd)).toEqual(['data'])
  expect(await finished(name, ['verify'])).toMatchObject({ code: 0, stdout: expect.stringContaining('All is well') })
  expect(await finished(name, ['gc', '--dry-run'])).toMatchObject({ code: 0 })
})

test('it knows its version and its settings without a folder to serve', async () => {
  const { version } = await Bun.file(join(ROOT, 'package.json')).json()
  expect((await finished('plain', ['--version'])).stdout.trim()).toBe(version)
  expect(await finished('plain', ['config'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('manifestBytes: 4194304'),
  })
  expect(await readdir(join(folder, 'plain'))).toEqual([])
})

test('it reads layers in processes of its own', async () => {
  const workers = inventoryWorkers({ command: [binary, 'read-layers'] })
  const image = imageWith([{ name: 'var/lib/dpkg/status', content: dpkgStatus('curl 1') }])
  const signal = new AbortController().signal
  const { packages } = await workers.inventoryInWorker(image, { limits: DEFAULT_INVENTORY_LIMITS, signal })
  workers.stop()
  expect(packages.map(({ purl }) => purl)).toEqual(['pkg:deb/debian/curl@1?arch=amd64'])
})
