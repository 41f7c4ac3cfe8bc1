import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import type { Comparison } from '../measure.ts'
import type { Registry } from '../registries.ts'

const REPOSITORY = 'bench/manifests'
const digests = new Map<string, string>()

async function prepare(registry: Registry): Promise<void> {
  if (!digests.has(registry.host)) {
    digests.set(registry.host, (await pushImage(registry, REPOSITORY, randomBlob(1000), ['latest'])).digest)
  }
  await loadRequests(registry, { paths: [pathOf('latest')], seconds: 1 })
}

function pathOf(reference: string): string {
  return `/v2/${REPOSITORY}/manifests/${reference}`
}

const byTag = (method: 'GET' | 'HEAD') => (registry: Registry) =>
  loadRequests(registry, { paths: [pathOf('latest')], method })
const byDigest = (registry: Registry) =>
  loadRequests(registry, { paths: [pathOf(digests.get(registry.host) as string)] })

const common = { unit: 'requests', target: 2.5, prepare } as const

export const manifests: readonly Comparison[] = [
  { ...common, name: 'manifest GET by tag', run: byTag('GET') },
  { ...common, name: 'manifest GET by digest', run: byDigest },
  { ...common, name: 'manifest HEAD by tag', run: byTag('HEAD') },
]
