import { join } from 'node:path'
import { randomFile } from '../content.ts'
import { pullBlob, pushFile } from '../load/transfers.ts'
import { settle } from '../measure.ts'
import { memoryMiB, peakMemoryMiB, resetPeakMemory } from '../process-figures.ts'
import { startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const GIB = 2 ** 30
const CLIENTS = 4
const SLOW_BYTES_PER_SECOND = 10 * 2 ** 20
const IDLE_MS = 5000

export function memory(folder: string): Promise<Bound[]> {
  return memoryOf('', folder, {})
}

/** Resident memory: idle, and while four clients push 4 GiB each and four slow ones pull 4 GiB. */
export async function memoryOf(where: string, folder: string, env: Readonly<Record<string, string>>): Promise<Bound[]> {
  await using registry = await startBerth(join(folder, 'memory'), env)
  await Bun.sleep(IDLE_MS)
  const idleMiB = memoryMiB(registry.pid)
  const file = await randomFile(folder, 'memory-4-gib', 4 * GIB)
  await pushFile(registry, 'bench/pulled', file)
  await settle()
  resetPeakMemory(registry.pid)
  const pushes = Array.from({ length: CLIENTS }, (_, client) => pushFile(registry, `bench/pushed-${client}`, file))
  const pulls = Array.from({ length: CLIENTS }, () =>
    pullBlob(registry, 'bench/pulled', file.digest, SLOW_BYTES_PER_SECOND),
  )
  await Promise.all([...pushes, ...pulls])
  const peakMiB = peakMemoryMiB(registry.pid)
  return [
    { name: `memory when idle${where}`, figure: idleMiB, unit: 'MiB', most: 80 },
    { name: `peak memory, 4 pushes of 4 GiB and 4 slow pulls${where}`, figure: peakMiB, unit: 'MiB', most: 150 },
  ]
}
