import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { DEFAULT_INVENTORY_LIMITS, inventoryWorkers } from '../../src/features/inventory/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { median } from '../measure.ts'
import { processTree } from '../process-figures.ts'
import type { Bound } from './bound.ts'

const ROOT = join(import.meta.dir, '../..')
const GIBIBYTE = 1024 ** 3
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
/** Of this machine, in this order, until there is a GiB of them: a system, and a program with much that it depends on. */
const PLACES = [
  '/etc/os-release',
  '/usr/lib/os-release',
  '/var/lib/dpkg',
  join(ROOT, 'node_modules'),
  '/usr/lib',
  '/usr/share',
]

/** An image of one GiB, read by a worker of Berth and by syft, by turns. */
export async function inventory(folder: string, rounds: number, syft: string | undefined): Promise<Bound[]> {
  const image = await makeImage(join(folder, 'inventory'))
  const own: Run[] = []
  const others: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    own.push(await runOwn(image))
    if (syft !== undefined) others.push(await runSyft(image, syft))
  }
  const seconds = median(own.map(run => run.seconds))
  const bounds: Bound[] = [
    { name: `inventory of a 1 GiB image, ${own[0]?.packages} packages`, figure: seconds, unit: 's' },
    { name: 'peak memory of that', figure: Math.max(...own.map(run => run.peakMiB)), unit: 'MiB', most: 300 },
  ]
  if (others.length > 0)
    bounds.push({
      name: "inventory of a 1 GiB image, of syft's time",
      figure: seconds / median(others),
      unit: '',
      most: 0.5,
    })
  return bounds
}

interface Image {
  readonly layout: string
  readonly layer: string
  readonly digest: Digest
}

interface Run {
  readonly seconds: number
  readonly peakMiB: number
  readonly packages: number
}

/** A process that is new each time, as syft's is. */
async function runOwn({ layer, digest }: Image): Promise<Run> {
  const before = new Set(processTree(process.pid))
  const started = performance.now()
  const workers = inventoryWorkers({ command: [process.execPath, join(ROOT, 'src/main.ts'), 'read-layers'] })
  const file = Bun.file(layer)
  const { packages } = await workers.inventoryInWorker(
    { layers: [{ digest, mediaType: LAYER, sizeBytes: file.size }], open: async () => file.stream() },
    { limits: DEFAULT_INVENTORY_LIMITS, signal: new AbortController().signal },
  )
  const seconds = (performance.now() - started) / 1000
  const peaks = processTree(process.pid)
    .filter(pid => !before.has(pid))
    .map(peakMiBOf)
  const peakMiB = Math.max(...(await Promise.all(peaks)))
  workers.stop()
  return { seconds, peakMiB, packages: packages.length }
}

async function peakMiBOf(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text()
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

async function runSyft({ layout }: Image, syft: string): Promise<number> {
  const started = performance.now()
  const child = Bun.spawn([syft, 'scan', `oci-dir:${layout}`, '-q', '-o', 'syft-json'], {
    stdout: 'ignore',
    env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
  })
  if ((await child.exited) !== 0) throw new Error('syft could not read the image')
  return (performance.now() - started) / 1000
}

/** As a folder of the OCI image layout, which syft reads. */
async function makeImage(layout: string): Promise<Image> {
  const blobs = join(layout, 'blobs/sha256')
  await mkdir(blobs, { recursive: true })
  const tar = join(layout, 'layer.tar')
  await writeTar(tar, await filesOfOneGibibyte())
  const compressed = join(layout, 'layer.tar.gz')
  await pipeline(createReadStream(tar), createGzip({ level: 6 }), createWriteStream(compressed))
  const digest = await digestOf(compressed)
  const layer = join(blobs, digest.slice(7))
  await rename(compressed, layer)
  const put = async (mediaType: string, document: object) => {
    const text = JSON.stringify(document)
    const hash = new Bun.CryptoHasher('sha256').update(text).digest('hex')
    await Bun.write(join(blobs, hash), text)
    return { mediaType, digest: `sha256:${hash}`, size: text.length }
  }
  const config = await put('application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [await digestOf(tar)] },
  })
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const layers = [{ mediaType: LAYER, digest, size: (await stat(layer)).size }]
  const manifest = await put(manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers })
  await Bun.write(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await Bun.write(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }))
  return { layout, layer, digest }
}

async function filesOfOneGibibyte(): Promise<readonly string[]> {
  const files: string[] = []
  let left = GIBIBYTE
  const take = async (path: string): Promise<void> => {
    const known = await stat(path).catch(() => undefined)
    if (known === undefined || left <= 0) return
    if (known.isDirectory()) {
      for (const entry of await readdir(path, { withFileTypes: true }))
        if (!entry.isSymbolicLink()) await take(join(path, entry.name))
    } else if (known.isFile()) {
      files.push(path)
      left -= known.size
    }
  }
  for (const place of PLACES) await take(place)
  return files
}

async function writeTar(file: string, paths: readonly string[]): Promise<void> {
  const child = Bun.spawn(['tar', '--create', '--file', file, '--dereference', '--null', '--files-from=-'], {
    stdin: Buffer.from(paths.join('\0')),
    stderr: 'ignore',
  })
  if ((await child.exited) !== 0) throw new Error('tar could not make the layer')
}

async function digestOf(file: string): Promise<Digest> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk)
  return `sha256:${hasher.digest('hex')}` as Digest
}
