import { type BigFile, randomBlob, randomFile } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pullBlob, pushBlob, pushFile } from '../load/transfers.ts'
import { type Comparison, timed } from '../measure.ts'

const REPOSITORY = 'bench/blobs'
const MIB = 2 ** 20
const GIB_MIB = 1024
/** One takes less than half a second, which is too short to tell. */
const PULLS = 4

/** Reading blobs that are there. @param folder where the files that are pushed lie. */
export function blobs(folder: string): readonly Comparison[] {
  const small = randomBlob(MIB)
  let big: Promise<BigFile> | undefined
  const bigFile = () => {
    big ??= randomFile(folder, 'pulled', GIB_MIB * MIB)
    return big
  }
  return [
    {
      name: 'blob GET, 1 MiB',
      unit: 'requests',
      target: 1.1,
      prepare: registry => pushBlob(registry, REPOSITORY, small),
      run: registry => loadRequests(registry, { paths: [`/v2/${REPOSITORY}/blobs/${small.digest}`] }),
    },
    {
      name: 'blob GET, 1 GiB',
      unit: 'MiB',
      target: 1.5,
      async prepare(registry) {
        const file = await bigFile()
        await pushFile(registry, REPOSITORY, file)
        await pullBlob(registry, REPOSITORY, file.digest)
      },
      run: async registry => {
        const { digest } = await bigFile()
        return timed(PULLS * GIB_MIB, async () => {
          for (let pull = 0; pull < PULLS; pull += 1) await pullBlob(registry, REPOSITORY, digest)
        })
      },
    },
  ]
}
