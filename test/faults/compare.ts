import { expect } from 'bun:test'
import type { Bytes, RegistryClient } from '../support/registry-client.ts'
import { storeOf } from '../support/stored-objects.ts'
import type { Oracle } from './oracle.ts'

interface Referrer {
  readonly digest: string
  readonly artifactType?: string
}

/** Asks the registry for everything, and expects exactly what the oracle says. */
export async function expectSame(client: RegistryClient, oracle: Oracle, blobs: readonly Bytes[]): Promise<void> {
  expect(await client.list('_catalog?n=3', 'repositories')).toEqual([...oracle.repositories.keys()].sort())
  for (const name of oracle.repositories.keys()) await expectSameRepository(client, oracle, name, blobs)
}

async function expectSameRepository(client: RegistryClient, oracle: Oracle, name: string, blobs: readonly Bytes[]) {
  const repository = oracle.find(name)
  if (!repository) throw new Error(`The oracle has no ${name}.`)
  const { tags, manifests } = repository
  expect(await client.list(`${name}/tags/list?n=2`, 'tags')).toEqual([...tags.keys()].sort())
  for (const [tag, digest] of tags) {
    expect(await client.get(name, 'manifests', tag)).toEqual(manifests.get(digest)?.bytes as Uint8Array)
  }
  for (const [digest, document] of manifests) {
    expect(await client.get(name, 'manifests', digest)).toEqual(document.bytes)
    const subject = document.subject ?? digest
    const expected = oracle.referrers(name, subject)
    const listed = (await client.list(`${name}/referrers/${subject}?n=2`, 'manifests')) as Referrer[]
    expect(listed.map(referrer => referrer.digest)).toEqual(expected.map(referrer => referrer.digest).sort())
    const filter = encodeURIComponent(document.artifactType ?? 'none')
    const filtered = (await client.list(
      `${name}/referrers/${subject}?artifactType=${filter}`,
      'manifests',
    )) as Referrer[]
    const ofType = expected.filter(referrer => referrer.artifactType === document.artifactType)
    expect(filtered.map(referrer => referrer.digest)).toEqual(ofType.map(referrer => referrer.digest).sort())
  }
  for (const { digest, bytes } of blobs) {
    const isThere = repository.blobs.has(digest)
    expect({ digest, status: await client.head(name, 'blobs', digest) }).toEqual({
      digest,
      status: isThere ? 200 : 404,
    })
    if (isThere) expect(await client.get(name, 'blobs', digest)).toEqual(bytes)
  }
}

/** Digests of the objects that lie in the store, and how many there are. */
export async function storedObjects(
  dataFolder: string,
): Promise<{ readonly digests: Set<string>; readonly files: number }> {
  const objects = await (await storeOf(dataFolder)).objects()
  return { digests: new Set(objects.map(object => object.digest)), files: objects.length }
}

export async function uploadsLeft(dataFolder: string): Promise<number> {
  return (await storeOf(dataFolder)).uploads()
}
