import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digestOf } from '../../test/support/registry-client.ts'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { processorSeconds, processTree } from '../process-figures.ts'
import { type Registry, startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const ROOT = join(import.meta.dir, '../..')
const PULLED = 'bench/pulled'
const SCANNED = 'bench/scanned'
const SECONDS = 4
/** More than are read in that time. */
const IMAGES = 40

/** How many manifests are pulled in a second while images wait to be read, of how many when none do. */
export async function pullsWhileScanning(folder: string, rounds: number): Promise<Bound[]> {
  await using registry = await startBerth(join(folder, 'pulls-while-scanning'))
  await pushImage(registry, PULLED, randomBlob(1000), ['latest'])
  const common = await commonPart()
  const ratios: number[] = []
  const busy: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await untilIdle(registry)
    const before = await pulls(registry)
    for (let image = 0; image < IMAGES; image += 1) await pushImage(registry, SCANNED, layerWith(common), [`${image}`])
    const started = await workerSeconds(registry)
    ratios.push((await pulls(registry)) / before)
    busy.push((await workerSeconds(registry)) - started)
  }
  if (busy.some(seconds => seconds <= 0)) throw new Error('no image was read while pulls were measured')
  return [
    { name: 'manifest pulls while images are read, of those without', figure: median(ratios), unit: '', least: 0.9 },
    { name: `processor time of the reading, in ${SECONDS} s of that`, figure: median(busy), unit: 's' },
  ]
}

async function pulls(registry: Registry): Promise<number> {
  const { amount, seconds } = await loadRequests(registry, {
    paths: [`/v2/${PULLED}/manifests/latest`],
    seconds: SECONDS,
  })
  return amount / seconds
}

/** Files as an image of an application has them: sources, libraries, programs. */
async function commonPart(): Promise<Buffer> {
  const child = Bun.spawn(
    ['tar', '--create', '--directory', ROOT, 'node_modules/@aws-sdk', 'node_modules/typescript'],
    {
      stderr: 'ignore',
    },
  )
  return gzipSync(Buffer.from(await new Response(child.stdout).arrayBuffer()), { level: 1 })
}

/** A layer that the registry does not have: a file of its own before those that all have. */
function layerWith(common: Buffer) {
  const header = Buffer.alloc(512)
  header.write('own-file')
  header.write('0000644\0', 100)
  header.write('00000001000\0', 124)
  header.write('0', 156)
  header.write('        ', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const bytes = Buffer.concat([gzipSync(Buffer.concat([header, randomBlob(512).bytes])), common])
  return { bytes, digest: digestOf(bytes) }
}

/** Of the processes that read layers; they are children of those that serve. */
async function workerSeconds({ pid }: Registry): Promise<number> {
  let seconds = 0
  for (const child of processTree(pid)) {
    const command = await Bun.file(`/proc/${child}/cmdline`).text()
    if (command.split('\0').includes('read-layers')) seconds += processorSeconds(child)
  }
  return seconds
}

/** Until the processes that read have had nothing to do for a second. */
async function untilIdle(registry: Registry): Promise<void> {
  for (let last = -1, now = await workerSeconds(registry); now !== last; ) {
    last = now
    await Bun.sleep(2000)
    now = await workerSeconds(registry)
  }
}
