import { join } from 'node:path'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const REPOSITORY = 'bench/processes'
const PATHS = [`/v2/${REPOSITORY}/manifests/latest`]

/** Two processes on one port against one, on the same load from two generators. */
export async function processes(folder: string, rounds: number): Promise<Bound[]> {
  await using one = await startBerth(join(folder, 'one'))
  await using two = await startBerth(join(folder, 'two'), { BERTH_PROCESSES: '2' })
  const ratios: number[] = []
  for (const registry of [one, two]) await pushImage(registry, REPOSITORY, randomBlob(1000), ['latest'])
  for (let round = -1; round < rounds; round += 1) {
    const single = await rate(one)
    const double = await rate(two)
    // The first round warms up.
    if (round >= 0) ratios.push(double / single)
  }
  return [{ name: 'manifest GET, 2 processes to 1', figure: median(ratios), unit: '×', least: 1.6 }]
}

async function rate(registry: { readonly host: string }): Promise<number> {
  const loads = await Promise.all([1, 2].map(() => loadRequests(registry, { paths: PATHS })))
  return loads.reduce((total, { amount, seconds }) => total + amount / seconds, 0)
}
