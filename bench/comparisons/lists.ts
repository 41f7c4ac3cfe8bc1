import { registryClient } from '../../test/support/registry-client.ts'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { type Comparison, timed } from '../measure.ts'
import type { Registry } from '../registries.ts'
import { MANY_TAGS } from '../seed-tags.ts'

const REPOSITORY = 'bench/ten'
const WALKS = 3

async function prepare(registry: Registry): Promise<void> {
  const tags = Array.from({ length: 10 }, (_, index) => `v${index}`)
  await pushImage(registry, REPOSITORY, randomBlob(1000), tags)
}

/** A client that wants all of them follows the links, however many pages a registry makes of it. */
async function walk({ url }: Registry): Promise<void> {
  const tags = await registryClient(url).list(`${MANY_TAGS.repository}/tags/list`, 'tags')
  if (tags?.length !== MANY_TAGS.count) throw new Error(`${url} listed ${tags?.length} tags, not ${MANY_TAGS.count}.`)
}

export const lists: readonly Comparison[] = [
  {
    name: 'tags list, 10 tags',
    unit: 'requests',
    prepare,
    run: registry => loadRequests(registry, { paths: [`/v2/${REPOSITORY}/tags/list`] }),
  },
  {
    name: 'tags list, all of 100,000',
    unit: 'requests',
    prepare: walk,
    run: registry =>
      timed(WALKS, async () => {
        for (let turn = 0; turn < WALKS; turn += 1) await walk(registry)
      }),
  },
  {
    name: 'tags list, 100 of 100,000',
    unit: 'requests',
    run: registry =>
      loadRequests(registry, { paths: [`/v2/${MANY_TAGS.repository}/tags/list?n=100&last=t050000`], connections: 4 }),
  },
]
