import { expect, test } from 'bun:test'
import { startBerth } from '../support/start-berth.ts'
import { sha256 } from './images/oci-layout.ts'

const layer = 'contents of a layer'

/** What Docker before 1.10 pushed; the signature is missing because nothing gets far enough to look at it. */
const schema1 = {
  schemaVersion: 1,
  name: 'old/image',
  tag: 'latest',
  architecture: 'amd64',
  fsLayers: [{ blobSum: sha256(layer) }],
  history: [{ v1Compatibility: JSON.stringify({ id: 'a'.repeat(64), created: '2015-01-01T00:00:00Z' }) }],
}

interface ErrorBody {
  errors: { code: string; message: string }[]
}

for (const mediaType of [
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
]) {
  test(`a Docker schema 1 manifest pushed as ${mediaType} is refused with a reason`, async () => {
    await using berth = await startBerth()
    const upload = `${berth.url}/v2/old/image/blobs/uploads/?digest=${sha256(layer)}`
    expect((await fetch(upload, { method: 'POST', body: layer })).status).toBe(201)
    const response = await fetch(`${berth.url}/v2/old/image/manifests/latest`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: JSON.stringify(schema1, null, 3),
    })
    expect([400, 415]).toContain(response.status)
    const { errors } = (await response.json()) as ErrorBody
    expect(errors[0]?.code).toMatch(/^(MANIFEST_INVALID|UNSUPPORTED)$/)
    expect(errors[0]?.message).toMatch(/schema ?(version )?1/i)
    expect((await fetch(`${berth.url}/v2/old/image/manifests/latest`)).status).toBe(404)
  })
}
