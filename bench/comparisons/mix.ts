import { registryClient } from '../../test/support/registry-client.ts'
import { randomBlob } from '../content.ts'
import { inParallel, pushImage } from '../load/transfers.ts'
import { type Comparison, timed } from '../measure.ts'

const REPOSITORY = 'bench/mix'
const MIB = 2 ** 20
const OPERATIONS = 200
const WIDTH = 8

const pulled = randomBlob(MIB)

/** Three pulls (manifest, then a layer of 1 MiB) to one push (config, layer of 1 MiB, manifest). */
export const mix: readonly Comparison[] = [
  {
    name: 'mix of 75% pull and 25% push, 1 MiB',
    unit: 'requests',
    async prepare(registry) {
      await pushImage(registry, REPOSITORY, pulled, ['pulled'])
    },
    run(registry, round) {
      const client = registryClient(registry.url)
      const layers = Array.from({ length: OPERATIONS / 4 }, () => randomBlob(MIB))
      return timed(OPERATIONS, () =>
        inParallel(OPERATIONS, WIDTH, async index => {
          const layer = layers[(index - 3) / 4]
          if (layer) {
            await pushImage(registry, REPOSITORY, layer, [`r${round}-${index}`])
            return
          }
          const manifest = await client.get(REPOSITORY, 'manifests', 'pulled')
          const blob = await client.get(REPOSITORY, 'blobs', pulled.digest)
          if (typeof manifest === 'number' || typeof blob === 'number') {
            throw new Error(`${registry.url} answered a pull with ${manifest} and ${blob}.`)
          }
        }),
      )
    },
  },
]
