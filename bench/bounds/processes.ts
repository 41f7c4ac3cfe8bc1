import { join } from 'node:path'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const REPOSITORY = 'bench/processes'
const TAGS = Array.from({ length: 1000 }, (_, index) => `v${index}`)
/** The generators share the cores with what they measure, so work that costs the server more shows more of the truth. */
const LOADS: Readonly<Record<string, string>> = {
  'tags list of 1,000': `/v2/${REPOSITORY}/tags/list`,
  'manifest GET': `/v2/${REPOSITORY}/manifests/v1`,
}

/** Two processes on one port against one, on the same load from two generators. */
export async function processes(folder: string, rounds: number): Promise<Bound[]> {
  await using one = await startBerth(join(folder, 'one'))
  await using two = await startBerth(join(folder, 'two'), { BERTH_PROCESSES: '2' })
  for (const registry of [one, two]) await pushImage(registry, REPOSITORY, randomBlob(1000), TAGS)
  const bounds: Bound[] = []
  for (const [name, path] of Object.entries(LOADS)) {
    const ratios: number[] = []
    for (let round = -1; round < rounds; round += 1) {
      const single = await rate(one, path)
      const double = await rate(two, path)
      // The first round warms up.
      if (round >= 0) ratios.push(double / single)
    }
    bounds.push({ name: `${name}, 2 processes to 1`, figure: median(ratios), unit: '×', least: 1.6 })
  }
  return bounds
}

async function rate(registry: { readonly host: string }, path: string): Promise<number> {
  const loads = await Promise.all([1, 2].map(() => loadRequests(registry, { paths: [path] })))
  return loads.reduce((total, { amount, seconds }) => total + amount / seconds, 0)
}
