import { expect } from 'bun:test'
import { createHash } from 'node:crypto'
import { type Bytes, blobOf, type Document, imageOf, indexOf, type RegistryClient } from '../support/registry-client.ts'

export const empty = blobOf('')
const config = blobOf('{"os":"linux"}')
const layers = [blobOf('one'.repeat(1000)), blobOf('two'.repeat(70_000)), empty]
export const image = imageOf([config, ...layers], { note: 'unknown fields stay' })
export const arm = imageOf([config, layers[1] as Bytes], { note: 'arm' })
export const index = indexOf([image, arm])
export const nested = indexOf([index], 'nested')
export const signature = imageOf([config, blobOf('signature')], {
  subject: image,
  artifactType: 'application/vnd.test.signature',
})
export const lonely = imageOf([config], { note: 'untagged' })

const foreign = {
  mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  digest: blobOf('elsewhere').digest,
  size: 9,
  urls: ['https://example.com/layer'],
}
export const windows = withLayers([foreign])

function withLayers(extra: readonly object[]): Document {
  const document = JSON.parse(new TextDecoder().decode(image.bytes)) as { layers: object[]; custom?: string }
  document.layers.push(...extra)
  document.custom = 'kept'
  return { ...image, ...blobOf(JSON.stringify(document)) }
}

/** A manifest and its config under sha512 digests. */
export const long = (() => {
  const bytes = new TextEncoder().encode('{"long":true}')
  const digest = `sha512:${createHash('sha512').update(bytes).digest('hex')}`
  const manifest = blobOf(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: image.mediaType,
      config: { mediaType: 'application/json', digest, size: bytes.length },
      layers: [],
    }),
  )
  return { blob: { digest, bytes }, manifest: { ...image, ...manifest, needs: [digest] } as Document }
})()

const PLACES: Readonly<Record<string, readonly { readonly document: Document; readonly tags: readonly string[] }[]>> = {
  app: [
    { document: image, tags: ['v1', 'v1.0', 'latest'] },
    { document: arm, tags: [] },
    { document: index, tags: ['multi'] },
    { document: nested, tags: ['nested'] },
    { document: signature, tags: [] },
    { document: lonely, tags: [] },
  ],
  'app/deep/er': [{ document: windows, tags: ['win'] }],
  'blobs/uploads': [{ document: long.manifest, tags: ['long'] }],
}

/** Fills a registry with one of each kind. */
export async function fill(client: RegistryClient): Promise<void> {
  const blobs = [config, ...layers, blobOf('signature'), long.blob]
  for (const [repository, contents] of Object.entries(PLACES)) {
    for (const blob of blobs) expect(await client.pushBlob(repository, blob)).toBe(201)
    for (const { document, tags } of contents) {
      const query = tags.length > 0 ? `?${tags.map(tag => `tag=${tag}`).join('&')}` : ''
      expect(await client.putManifest(repository, document.digest, document, query)).toBe(201)
    }
  }
}

/** Expects all of it, byte for byte. */
export async function expectAll(client: RegistryClient): Promise<void> {
  expect(await client.list('_catalog', 'repositories')).toEqual(Object.keys(PLACES).sort())
  for (const [repository, contents] of Object.entries(PLACES)) {
    const tags = contents.flatMap(each => each.tags)
    expect(await client.list(`${repository}/tags/list`, 'tags')).toEqual(tags.toSorted())
    for (const { document, tags } of contents) {
      for (const reference of [document.digest, ...tags]) {
        expect(await client.get(repository, 'manifests', reference)).toEqual(document.bytes)
      }
    }
  }
  for (const blob of [config, ...layers]) expect(await client.get('app', 'blobs', blob.digest)).toEqual(blob.bytes)
  expect(await client.get('blobs/uploads', 'blobs', long.blob.digest)).toEqual(long.blob.bytes)
  const referrers = await client.list(`app/referrers/${image.digest}`, 'manifests')
  expect(referrers).toMatchObject([{ digest: signature.digest, artifactType: 'application/vnd.test.signature' }])
}
