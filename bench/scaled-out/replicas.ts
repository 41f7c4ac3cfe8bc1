import { join } from 'node:path'
import type { Bound } from '../bounds/bound.ts'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { processorSeconds } from '../process-figures.ts'
import { type Registry, startBerth } from '../registries.ts'
import type { Place } from './place.ts'

const REPOSITORY = 'bench/replicas'
const TAGS = Array.from({ length: 1000 }, (_, index) => `v${index}`)
const LOADS: Readonly<Record<string, string>> = {
  'tags list of 1,000': `/v2/${REPOSITORY}/tags/list`,
  'manifest GET': `/v2/${REPOSITORY}/manifests/v1`,
}
const REPLICAS = 3

/** Three replicas on one PostgreSQL and one S3 against one of them, on the same load from three generators. */
export async function replicas(folder: string, rounds: number, place: Place): Promise<Bound[]> {
  await using stack = new AsyncDisposableStack()
  const settings = await place.berth()
  const all: Registry[] = []
  for (let index = 0; index < REPLICAS; index += 1) {
    all.push(stack.use(await startBerth(join(folder, `replica-${index}`), settings)))
  }
  await pushImage(all[0] as Registry, REPOSITORY, randomBlob(1000), TAGS)
  const bounds: Bound[] = []
  for (const [name, path] of Object.entries(LOADS)) {
    const rates: number[] = []
    const costs: number[] = []
    for (let round = -1; round < rounds; round += 1) {
      const single = await load(all.slice(0, 1), path)
      const triple = await load(all, path)
      // The first round warms up.
      if (round < 0) continue
      rates.push(triple.rate / single.rate)
      costs.push(triple.processorMs / single.processorMs)
    }
    bounds.push(
      { name: `${name}, 3 replicas to 1`, figure: median(rates), unit: '×', least: 1.6 },
      { name: `${name}, processor time for one, 3 replicas to 1`, figure: median(costs), unit: '×', most: 1.1 },
    )
  }
  return bounds
}

async function load(registries: readonly Registry[], path: string) {
  const spent = () => registries.reduce((total, { pid }) => total + processorSeconds(pid), 0)
  const before = spent()
  const generators = Array.from({ length: REPLICAS }, (_, index) => registries[index % registries.length] as Registry)
  const loads = await Promise.all(generators.map(registry => loadRequests(registry, { paths: [path] })))
  const requests = loads.reduce((total, { amount }) => total + amount, 0)
  return {
    rate: loads.reduce((total, { amount, seconds }) => total + amount / seconds, 0),
    processorMs: ((spent() - before) * 1000) / requests,
  }
}
