import { peakMemoryMiB, processorSeconds, resetPeakMemory } from './process-figures.ts'
import type { Registry, RegistryName } from './registries.ts'

/** What one run did: so much work (requests or MiB) in so much time. */
export interface Work {
  readonly amount: number
  readonly seconds: number
}

/** The same work at each registry in turn. */
export interface Comparison {
  readonly name: string
  /** What is counted: requests, or MiB. */
  readonly unit: 'requests' | 'MiB'
  /** The least ratio to the better of the others that is aimed at; undefined when none is set. */
  readonly target?: number
  readonly rounds?: number
  /** Once for each registry, before any round; not measured. */
  prepare?(registry: Registry): Promise<void>
  run(registry: Registry, round: number): Promise<Work>
  /** What the disk itself does with the same work, where it is the disk that sets the limit. */
  disk?(folder: string, round: number): Promise<Work>
}

export interface Figures {
  /** Work per second, one for each round. */
  readonly rates: number[]
  readonly processorMsPerUnit: number[]
  peakMiB: number
}

export interface Compared {
  readonly comparison: Comparison
  readonly figures: ReadonlyMap<RegistryName, Figures>
  readonly diskRates: readonly number[]
  /** Others that could not do this work, and what they said. */
  readonly failures: ReadonlyMap<RegistryName, string>
}

/**
 * Round after round, each registry once in a round and in another order each time, so that whatever the machine does
 * meanwhile happens to all of them. Between two runs what was written is brought to the disk, and paid by nobody.
 */
export async function compare(
  comparison: Comparison,
  registries: readonly Registry[],
  folder: string,
  rounds: number,
): Promise<Compared> {
  const figures = new Map<RegistryName, Figures>()
  const failures = new Map<RegistryName, string>()
  /** Berth has to do everything; another that cannot is named in the table, and left out from then on. */
  const attempt = async ({ name }: Registry, work: () => Promise<void>) => {
    if (failures.has(name)) return
    try {
      await work()
    } catch (error) {
      if (name === 'berth') throw error
      failures.set(name, error instanceof Error ? error.message : String(error))
      figures.delete(name)
    }
  }
  for (const registry of registries) {
    figures.set(registry.name, { rates: [], processorMsPerUnit: [], peakMiB: 0 })
    await attempt(registry, async () => comparison.prepare?.(registry))
  }
  const diskRates: number[] = []
  for (let round = 0; round < (comparison.rounds ?? rounds); round += 1) {
    const first = round % registries.length
    for (const registry of [...registries.slice(first), ...registries.slice(0, first)]) {
      const into = figures.get(registry.name)
      if (into) await attempt(registry, () => measure(comparison, registry, round, into))
    }
    if (comparison.disk) {
      await settle()
      const { amount, seconds } = await comparison.disk(folder, round)
      diskRates.push(amount / seconds)
    }
  }
  return { comparison, figures, diskRates, failures }
}

async function measure(comparison: Comparison, registry: Registry, round: number, figures: Figures): Promise<void> {
  await settle()
  resetPeakMemory(registry.pid)
  const before = processorSeconds(registry.pid)
  const { amount, seconds } = await comparison.run(registry, round)
  figures.rates.push(amount / seconds)
  figures.processorMsPerUnit.push(((processorSeconds(registry.pid) - before) * 1000) / amount)
  figures.peakMiB = Math.max(figures.peakMiB, peakMemoryMiB(registry.pid))
}

/** What is still to be written is written now. */
export async function settle(): Promise<void> {
  await Bun.spawn(['sync']).exited
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

export async function timed(amount: number, work: () => Promise<unknown>): Promise<Work> {
  const began = performance.now()
  await work()
  return { amount, seconds: (performance.now() - began) / 1000 }
}
