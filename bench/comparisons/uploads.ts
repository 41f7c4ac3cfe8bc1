import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../src/stores/blobs/filesystem/durable.ts'
import { type BigFile, randomBlob, randomFile } from '../content.ts'
import { inParallel, pushBlob, pushChunks, pushFile } from '../load/transfers.ts'
import { type Comparison, timed, type Work } from '../measure.ts'

const REPOSITORY = 'bench/uploads'
const MIB = 2 ** 20
const SMALL = { count: 300, width: 4 } as const
const CHUNKED = 3
const CHUNK_BYTES = 10 * MIB

/** @param folder where the files that are pushed lie. */
export function uploads(folder: string): readonly Comparison[] {
  return [
    {
      name: 'blob PUT, 1 MiB, 4 at a time',
      unit: 'MiB',
      target: 1.1,
      run: registry => {
        const blobs = Array.from({ length: SMALL.count }, () => randomBlob(MIB))
        return timed(SMALL.count, () =>
          inParallel(SMALL.count, SMALL.width, index =>
            pushBlob(registry, REPOSITORY, blobs[index] as (typeof blobs)[number]),
          ),
        )
      },
      disk: to => writeDurably(to, { files: SMALL.count, width: SMALL.width, mib: 1 }),
    },
    wholeFile(folder, { name: 'blob PUT, 100 MiB', mib: 100, rounds: 5 }),
    wholeFile(folder, { name: 'blob PUT, 1 GiB', mib: 1024 }),
    {
      name: 'blob PUT in chunks of 10 MiB, 100 MiB',
      unit: 'MiB',
      target: 1.1,
      rounds: 5,
      run: registry => {
        const blobs = Array.from({ length: CHUNKED }, () => randomBlob(100 * MIB))
        return timed(CHUNKED * 100, async () => {
          for (const blob of blobs) await pushChunks(registry, REPOSITORY, blob, CHUNK_BYTES)
        })
      },
      disk: to => writeDurably(to, { files: CHUNKED, width: 1, mib: 100 }),
    },
  ]
}

/** One file a round, the same for every registry. */
function wholeFile(folder: string, { name, mib, rounds }: { name: string; mib: number; rounds?: number }): Comparison {
  const files = new Map<number, Promise<BigFile>>()
  const fileOf = (round: number) => {
    const file = files.get(round) ?? randomFile(folder, `pushed-${mib}`, mib * MIB)
    files.set(round, file)
    return file
  }
  return {
    name,
    unit: 'MiB',
    target: 1.1,
    ...(rounds === undefined ? {} : { rounds }),
    run: async (registry, round) => {
      const file = await fileOf(round)
      return timed(mib, () => pushFile(registry, REPOSITORY, file))
    },
    disk: to => writeDurably(to, { files: 1, width: 1, mib }),
  }
}

/** The least that a durable upload has to do: write, sync, rename, sync the folder. */
async function writeDurably(
  folder: string,
  { files, width, mib }: { files: number; width: number; mib: number },
): Promise<Work> {
  const { bytes } = randomBlob(MIB)
  const into = join(folder, 'disk')
  await mkdir(into, { recursive: true })
  return timed(files * mib, () =>
    inParallel(files, width, async index => {
      const path = join(into, String(index))
      {
        await using file = await open(path, 'w')
        for (let written = 0; written < mib; written += 1) await file.write(bytes)
        await file.sync()
      }
      await rename(path, `${path}-${mib}`)
      await syncFolder(into)
    }),
  )
}
