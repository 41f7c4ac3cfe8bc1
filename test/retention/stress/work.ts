import type { Random } from '../../support/random.ts'
import {
  type Bytes,
  blobOf,
  type Document,
  imageOf,
  indexOf,
  type RegistryClient,
} from '../../support/registry-client.ts'
import type { Api } from '../../support/sign-in.ts'
import type { KeptRecord } from './kept-record.ts'
import { restoreFrom, runOnce, trashOf, UnexpectedAnswer } from './operations.ts'

export interface Counts {
  acknowledged: number
  refused: number
  restored: number
  cutOff: number
  runs: number
  deletedByRules: number
  readonly unexpected: string[]
}

export interface World {
  readonly client: RegistryClient
  readonly api: Api
  readonly random: Random
  readonly blobs: readonly Bytes[]
  readonly counts: Counts
  readonly repositories: readonly string[]
}

/** Pushes, mounts, moves tags, deletes and restores until the server is gone. */
export async function workUntilCutOff(world: World, record: KeptRecord): Promise<void> {
  const work = [
    pushOne,
    pushOne,
    pushOne,
    pushOne,
    moveTag,
    moveTag,
    renewBuild,
    untag,
    removeOne,
    restoreSome,
    restoreSome,
  ]
  while (await world.random.pick(work)(world, record));
}

/** Runs the project's policy again and again. */
export async function runRules({ api, counts, random }: World, project: string): Promise<void> {
  for (;;) {
    const run = await reply(counts, () => runOnce(api, project))
    if (!run) return
    counts.runs += 1
    counts.deletedByRules += run.deleted
    if (run.outcome !== 'completed') counts.unexpected.push(`run: ${JSON.stringify(run)}`)
    await Bun.sleep(random.below(300))
  }
}

async function pushOne(world: World, record: KeptRecord): Promise<boolean> {
  const { random, blobs, repositories } = world
  // One that no other image has: it goes when nothing holds it.
  const own = random.chance(0.7) ? [blobOf(random.bytes(1 + random.below(3000)))] : []
  const chosen = [...own, ...Array.from({ length: 1 + random.below(2) }, () => random.pick(blobs))]
  for (const blob of chosen) {
    const status = await answered(world, client => {
      if (random.chance(0.3)) return client.mount(record.repository, blob.digest, random.pick(repositories))
      if (random.chance(0.3)) return client.pushChunks(record.repository, blob, 1 + Math.floor(blob.bytes.length / 3))
      return client.pushBlob(record.repository, blob)
    })
    if (status === undefined) return false
    if (status === 202) await answered(world, client => client.pushBlob(record.repository, blob))
  }
  const known = record.documents()
  const subject = random.chance(0.2) && known.length > 0 ? random.pick(known) : undefined
  const note = `${record.repository} ${record.acknowledged.size} ${random.below(1e9)}`
  const image = imageOf(chosen, { note, ...(subject ? { subject, artifactType: 'application/vnd.test.sbom' } : {}) })
  if (!(await put(world, record, image, subject ? undefined : newTag(world, record)))) return false
  if (subject || !random.chance(0.3) || known.length === 0) return true
  return put(world, record, indexOf([image, random.pick(known)], note), newTag(world, record))
}

/** Undefined: pushed by digest. A release or a build has a tag of its own, others move. */
function newTag({ random }: World, record: KeptRecord): string | undefined {
  const family = random.pick(['tmp', 'tmp', 'keep', 'release', 'build', 'build', 'none'])
  if (family === 'none') return undefined
  if (family === 'build') return `build-${record.builds.length}-${random.below(1e6)}`
  // One that is there already is refused.
  if (family === 'release') return `release-${random.below(record.immutable.size + 3)}`
  return `${family}-${random.pick(['a', 'b', 'c'])}`
}

/** A tag is set on a manifest that was there once; it may be gone, and then it is a push of it. */
async function moveTag(world: World, record: KeptRecord): Promise<boolean> {
  const known = record.documents()
  if (known.length === 0) return true
  const tag = `${world.random.pick(['tmp', 'keep'])}-${world.random.pick(['a', 'b', 'c'])}`
  return put(world, record, world.random.pick(known), tag)
}

async function put(world: World, record: KeptRecord, document: Document, tag: string | undefined): Promise<boolean> {
  const status = await answered(world, client =>
    client.putManifest(record.repository, tag ?? document.digest, document),
  )
  record.pushed(document, tag, status)
  count(world, `PUT manifest ${tag}`, status)
  return status !== undefined
}

/** The same build again under its tag: it is new from then on. */
async function renewBuild(world: World, record: KeptRecord): Promise<boolean> {
  const builds = record.builds.filter(({ digest }) => record.acknowledged.has(digest))
  if (builds.length === 0) return true
  const { tag, digest } = world.random.pick(builds)
  return put(world, record, record.acknowledged.get(digest) as Document, tag)
}

/** Immutable tags refuse with 403, manifests that an index names with 409; blobs and manifests may be gone. */
function count({ counts }: World, what: string, status: number | undefined): void {
  if (status === 201) counts.acknowledged += 1
  else if (status === 403 || status === 409) counts.refused += 1
  else if (status !== undefined && status !== 202 && status !== 404) counts.unexpected.push(`${what}: ${status}`)
}

async function untag(world: World, record: KeptRecord): Promise<boolean> {
  const tags = ['tmp-a', 'keep-a', 'keep-b', ...record.immutable.keys(), ...record.builds.map(({ tag }) => tag)]
  const tag = world.random.pick(tags)
  const status = await answered(world, client => client.remove(record.repository, 'manifests', tag))
  record.removedTag(tag, status)
  count(world, `DELETE ${tag}`, status)
  return status !== undefined
}

async function removeOne(world: World, record: KeptRecord): Promise<boolean> {
  const known = record.documents()
  if (known.length < 3) return true
  const { digest } = world.random.pick(known)
  const status = await answered(world, client => client.remove(record.repository, 'manifests', digest))
  record.removedManifest(digest, status)
  count(world, 'DELETE manifest', status)
  return status !== undefined
}

async function restoreSome({ api, random, counts }: World, record: KeptRecord): Promise<boolean> {
  const listed = await reply(counts, () => trashOf(api, record.repository))
  if (!listed) return false
  if (listed.length === 0) return true
  const chosen = random.pick(listed)
  const restored = await reply(counts, () => restoreFrom(api, record.repository, chosen.id))
  // Others may come back with it, and without an answer nobody knows which.
  record.restored(restored ?? listed, restored !== undefined)
  if (restored) counts.restored += restored.length
  return restored !== undefined
}

/** Undefined when the connection was cut before the answer. */
async function answered(world: World, request: (client: RegistryClient) => Promise<number>) {
  return reply(world.counts, async () => {
    const status = await request(world.client)
    if (status >= 500) world.counts.unexpected.push(`status ${status}`)
    return status
  })
}

async function reply<Answer>(counts: Counts, request: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof UnexpectedAnswer) counts.unexpected.push(error.message)
    counts.cutOff += 1
    return undefined
  }
}
