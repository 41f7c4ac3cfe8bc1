import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { blobOf, type Document, imageOf, indexOf, type RegistryClient } from '../support/registry-client.ts'
import { type Api, until } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { BY_HAND, collect, openRegistry, push, someBlob, trashOf } from './trash-client.ts'

const REPOSITORY = 'app/web'

let berth: Berth
let client: RegistryClient
let api: Api
beforeAll(async () => {
  berth = await startBerth({ env: BY_HAND })
  ;({ client, api } = openRegistry(berth))
})
afterAll(() => berth?.[Symbol.asyncDispose]())

/** Deletes by a rule whatever has such a tag, now. */
async function runRule(glob: string): Promise<void> {
  const policy = {
    fusePercent: 100,
    rules: [{ name: `${glob} goes`, action: 'delete', select: { tags: [{ glob }] } }],
  }
  expect(await api('PUT', '/projects/app/retention', policy)).toMatchObject({ status: 200 })
  expect(await api('POST', '/projects/app/retention/enforcement')).toMatchObject({ status: 200 })
  const { status, body } = await api('POST', '/projects/app/retention/runs', {})
  expect({ status, body }).toMatchObject({ status: 201 })
  const ended = async () => (await api('GET', `/projects/app/retention/runs/${body.id}`)).body
  expect(await until(async () => !['waiting', 'running', 'queued'].includes((await ended()).state))).toBe(true)
}

async function expectBack(...documents: readonly Document[]): Promise<void> {
  for (const { digest, bytes } of documents) expect(await client.get(REPOSITORY, 'manifests', digest)).toEqual(bytes)
}

test('an image that a rule deleted comes back with the tags, signatures and SBOMs that went with it', async () => {
  const blob = someBlob()
  const image = imageOf([blob])
  const signature = imageOf([blob], { subject: image, artifactType: 'application/vnd.test.signature' })
  const sbom = imageOf([blob], { subject: signature, artifactType: 'application/vnd.test.sbom' })
  const cosign = imageOf([blob], { note: 'a signature as cosign 2 keeps it' })
  await push(client, REPOSITORY, image, { tag: 'build-1', blobs: [blob] })
  await push(client, REPOSITORY, image, { tag: 'build-2' })
  for (const document of [signature, sbom]) await push(client, REPOSITORY, document)
  const fallback = `${image.digest.replace(':', '-')}.sig`
  await push(client, REPOSITORY, cosign, { tag: fallback })
  await runRule('build-*')
  for (const { digest } of [image, signature, sbom, cosign])
    expect(await client.get(REPOSITORY, 'manifests', digest)).toBe(404)
  await collect(berth, '--untagged', 'delete')

  const entries = await trashOf(api)
  expect(new Set(entries.map(({ deletion }) => deletion)).size).toBe(1)
  const entry = entries.find(({ digest, kind }) => digest === image.digest && kind === 'manifest')
  expect(entry).toMatchObject({ rule: 'build-* goes' })
  const { body } = await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
  expect(body).toMatchObject({ keptTags: [], notRestored: [] })
  await expectBack(image, signature, sbom, cosign)
  for (const tag of ['build-1', 'build-2']) expect(await client.get(REPOSITORY, 'manifests', tag)).toEqual(image.bytes)
  expect(await client.get(REPOSITORY, 'manifests', fallback)).toEqual(cosign.bytes)
  expect(await trashOf(api)).toEqual([])
})

test('all that one run deleted is restored together, however much that is', async () => {
  const blob = someBlob()
  const images = Array.from({ length: 60 }, (_, at) => imageOf([blob], { note: `${at}` }))
  const children = ['amd64', 'arm64'].map(note => imageOf([blob], { note }))
  const index = indexOf(children)
  expect(await client.pushBlob(REPOSITORY, blob)).toBe(201)
  for (const child of children) await push(client, REPOSITORY, child)
  await push(client, REPOSITORY, index, { tag: 'many-index' })
  for (const [at, image] of images.entries()) await push(client, REPOSITORY, image, { tag: `many-${at}` })
  await runRule('many-*')
  const [entry] = await trashOf(api)
  expect(await trashOf(api, 'app', `&deletion=${entry?.deletion}`)).toHaveLength(63)
  let answers = 0
  const restored: string[] = []
  for (let after: string | undefined; answers === 0 || after !== undefined; answers += 1) {
    const { status, body } = await api('POST', `/projects/app/trash/deletions/${entry?.deletion}/restore`, { after })
    expect({ status, body }).toMatchObject({ status: 200, body: { keptTags: [], notRestored: [] } })
    restored.push(...body.restored.map(({ digest }: { digest: string }) => digest))
    after = body.next
  }
  expect(answers).toBe(2)
  expect(restored.toSorted()).toEqual([index, ...children, ...images].map(({ digest }) => digest).toSorted())
  await expectBack(index, ...children, ...images)
  for (const [at, { bytes }] of images.entries())
    expect(await client.get(REPOSITORY, 'manifests', `many-${at}`)).toEqual(bytes)
  const again = await api('POST', `/projects/app/trash/deletions/${entry?.deletion}/restore`, {})
  expect(again.status).toBe(404)
})

test('what was restored is as new: the rule that deleted what is old does not take it again at once', async () => {
  const blob = blobOf('as new')
  const image = imageOf([blob])
  await push(client, REPOSITORY, image, { tag: 'old', blobs: [blob] })
  await client.remove(REPOSITORY, 'manifests', image.digest)
  const [entry] = await trashOf(api)
  const restoredAt = Date.now()
  await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
  const [row] = await sqlOn(berth.dataFolder, "select updated_at from tags where name = 'old'")
  const history = await sqlOn(berth.dataFolder, "select kind from tag_history where tag = 'old' order by number")
  expect(history.map(({ kind }) => kind)).toEqual(['push', 'delete', 'restore'])
  expect(Number(row?.updated_at)).toBeGreaterThanOrEqual(restoredAt)
})
