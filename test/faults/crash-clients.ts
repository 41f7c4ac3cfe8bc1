import type { Random } from '../support/random.ts'
import { type Bytes, type Document, imageOf, indexOf, type RegistryClient } from '../support/registry-client.ts'
import type { CrashRecord } from './crash-record.ts'

export interface Counts {
  acknowledged: number
  cutOff: number
  unexpected: string[]
}

export interface CrashWorld {
  readonly client: RegistryClient
  readonly random: Random
  readonly blobs: readonly Bytes[]
  readonly counts: Counts
  /** Repositories of the other clients, to mount from. */
  readonly others: readonly string[]
}

/** Pushes, mounts and deletes until the server is gone. */
export async function workUntilCutOff(world: CrashWorld, record: CrashRecord): Promise<void> {
  for (;;) {
    const goOn = world.random.chance(0.2) ? await removeSome(world, record) : await pushSome(world, record)
    if (!goOn) return
  }
}

const TAGS = ['a', 'b', 'c', 'd'] as const

async function pushSome(world: CrashWorld, record: CrashRecord): Promise<boolean> {
  const { random, blobs, others } = world
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(blobs))
  for (const blob of chosen) {
    const status = await answered(world, client => {
      if (random.chance(0.3)) return client.mount(record.repository, blob.digest, random.pick(others))
      if (random.chance(0.3)) return client.pushChunks(record.repository, blob, 1 + Math.floor(blob.bytes.length / 3))
      return client.pushBlob(record.repository, blob)
    })
    if (status === undefined) return false
    // A mount that was refused, or a blob of the moment before that was collected: the manifest will be refused too.
    if (status === 202) await answered(world, client => client.pushBlob(record.repository, blob))
  }
  const image = imageOf(chosen, { note: String(random.below(1000)) })
  if (!(await putOne(world, record, image))) return false
  const present = record.present().filter(document => document.digest !== image.digest)
  if (random.chance(0.7) || present.length === 0) return true
  return putOne(world, record, indexOf([image, random.pick(present)], String(random.below(1000))))
}

async function putOne(world: CrashWorld, record: CrashRecord, document: Document): Promise<boolean> {
  const tag = world.random.pick(TAGS)
  const status = await answered(world, client => client.putManifest(record.repository, tag, document))
  record.put(document, tag, status)
  if (status === 201) world.counts.acknowledged += 1
  else if (status !== undefined && status !== 404) world.counts.unexpected.push(`PUT manifest: ${status}`)
  return status !== undefined
}

async function removeSome(world: CrashWorld, record: CrashRecord): Promise<boolean> {
  const present = record.present()
  if (present.length < 3) return true
  const { digest } = world.random.pick(present)
  const status = await answered(world, client => client.remove(record.repository, 'manifests', digest))
  if (status !== undefined && ![202, 404, 409].includes(status))
    world.counts.unexpected.push(`DELETE manifest: ${status}`)
  record.removeManifest(digest, status)
  return status !== undefined
}

/** Undefined when the connection was cut before the answer. */
async function answered(
  world: CrashWorld,
  request: (client: RegistryClient) => Promise<number>,
): Promise<number | undefined> {
  try {
    const status = await request(world.client)
    if (status >= 500) world.counts.unexpected.push(`status ${status}`)
    return status
  } catch {
    world.counts.cutOff += 1
    return undefined
  }
}
