import { expect } from 'bun:test'
import { type Document, digestOf, type RegistryClient } from '../../support/registry-client.ts'
import type { Api } from '../../support/sign-in.ts'
import type { KeptRecord } from './kept-record.ts'
import { restoreFrom, trashOf } from './operations.ts'

/** What no rule may take is where it was, whole. */
export async function expectKept(client: RegistryClient, api: Api, record: KeptRecord): Promise<void> {
  try {
    await expectKeptIn(client, record)
  } catch (error) {
    await tellWhatWas(api, record)
    throw error
  }
}

async function expectKeptIn(client: RegistryClient, record: KeptRecord): Promise<void> {
  const { repository } = record
  for (const [tag, targets] of record.kept) {
    const at = await pointsAt(client, repository, tag)
    expect({ repository, tag, at, isAllowed: targets.has(at) }).toEqual({ repository, tag, at, isAllowed: true })
    if (at !== undefined) await pullWhole(client, record, at)
  }
  for (const [tag, targets] of record.immutable) {
    const at = await pointsAt(client, repository, tag)
    const sure = record.immutableForSure.get(tag)
    const isAllowed = sure === undefined ? at === undefined || targets.has(at) : at === sure
    expect({ repository, tag, at, isAllowed }).toEqual({ repository, tag, at, isAllowed: true })
    if (at !== undefined) await pullWhole(client, record, at)
  }
  for (const { tag, digest } of record.newestBuilds()) {
    expect({ repository, tag, at: await pointsAt(client, repository, tag) }).toEqual({ repository, tag, at: digest })
    await pullWhole(client, record, digest)
  }
}

/** What was known of the last builds, and what the registry remembers of their tags. */
async function tellWhatWas(api: Api, { repository, builds }: KeptRecord): Promise<void> {
  const [project] = repository.split('/')
  for (const build of builds.slice(-8)) {
    const path = `/projects/${project}/tags/${build.tag}/history?repository=${repository}`
    console.error(JSON.stringify({ build, history: (await api('GET', path)).body }))
  }
}

/** Restores until nothing more comes back; then everything that was ever acknowledged is there, whole. */
export async function expectAllRestorable(client: RegistryClient, api: Api, record: KeptRecord): Promise<number> {
  let restored = 0
  for (;;) {
    const listed = await trashOf(api, record.repository)
    let more = 0
    for (const { id } of listed) more += (await restoreFrom(api, record.repository, id)).length
    if (more === 0) break
    restored += more
  }
  for (const digest of record.acknowledged.keys()) await pullWhole(client, record, digest)
  return restored
}

/** Digests of the blobs that are needed by what is there. */
export async function neededBlobs(client: RegistryClient, record: KeptRecord): Promise<readonly string[]> {
  const needed: string[] = []
  for (const digest of new Set([...record.acknowledged.keys(), ...record.possible.keys()])) {
    if ((await client.head(record.repository, 'manifests', digest)) === 404) continue
    needed.push(...(await pullWhole(client, record, digest)))
  }
  return needed
}

async function pointsAt(client: RegistryClient, repository: string, tag: string): Promise<string | undefined> {
  const got = await client.get(repository, 'manifests', tag)
  if (got !== 404 && typeof got === 'number') throw new Error(`${repository}:${tag}: ${got}`)
  return typeof got === 'number' ? undefined : digestOf(got)
}

/** Byte by byte: what a digest names is what comes. Gives the blobs that it names, through an index too. */
async function pullWhole(client: RegistryClient, record: KeptRecord, digest: string): Promise<readonly string[]> {
  const { repository } = record
  const document: Document | undefined = record.acknowledged.get(digest) ?? record.possible.get(digest)
  if (!document) throw new Error(`${repository}@${digest} was never pushed`)
  const got = await client.get(repository, 'manifests', digest)
  expect({ repository, digest, got }).toEqual({ repository, digest, got: document.bytes })
  if (document.mediaType.includes('index')) {
    const children = await Promise.all(document.needs.map(child => pullWhole(client, record, child)))
    return children.flat()
  }
  for (const blob of document.needs) {
    const body = await client.get(repository, 'blobs', blob)
    if (typeof body === 'number') throw new Error(`${repository}@${digest} needs ${blob}: ${body}`)
    expect(digestOf(body)).toBe(blob)
  }
  return document.needs
}
