import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Berth, compose } from '../../src/app/compose.ts'
import { loadConfig } from '../../src/app/config/index.ts'
import { NO_LIMITS } from '../../src/app/serve/manifest-limits.ts'
import { type DistributionOptions, route } from '../../src/entry/distribution/index.ts'
import type { Content } from '../../src/features/content/index.ts'
import { ANONYMOUS } from '../../src/features/identity/index.ts'
import { parseRepositoryName, RegistryError, type RepositoryName } from '../../src/oci/index.ts'
import { databaseSettings } from '../support/database.ts'
import { imageSaying } from './registry.ts'

/** A repository that is renamed just before the registry looks, at the look that a test says. */
type Look = 'manifest' | 'blob' | 'tags' | 'repository' | 'former name'

const [HERE, AWAY, FURTHER] = ['busy/app', 'calm/app', 'calm/other'].map(name => parseRepositoryName(name, 255)) as [
  RepositoryName,
  RepositoryName,
  RepositoryName,
]
const { image, blobs } = imageSaying('renamed')

let folder: string
let berth: Berth
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-between-'))
  const environment = { BERTH_DATA: folder, ...(await databaseSettings(folder)) }
  berth = await compose(loadConfig({ environment, flags: {} }), 'tests')
  for (const name of ['busy/seed', 'calm/seed', HERE]) await push(parseRepositoryName(name, 255))
})
afterEach(async () => {
  await berth[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function push(repository: RepositoryName): Promise<void> {
  for (const { digest, bytes } of blobs) {
    const path = `/v2/${repository}/blobs/uploads/`
    expect(
      (await answered('POST', path, {}, bytes, `digest=${digest}`, { 'Content-Length': String(bytes.length) })).status,
    ).toBe(201)
  }
  const answer = await answered('PUT', `/v2/${repository}/manifests/v1`, {}, image.bytes, '', {
    'Content-Type': image.mediaType,
  })
  expect(answer.status).toBe(201)
}

async function rename(from: RepositoryName, to: RepositoryName): Promise<void> {
  const renamed = await berth.metadata.names.renameRepository({
    from,
    to,
    now: Date.now(),
    by: 'tests',
    judge: () => undefined,
  })
  expect(renamed.outcome).toBe('renamed')
}

/** @param before renames of the look with that name: the first of them before its first time, and so on. */
async function answered(
  method: string,
  path: string,
  before: Partial<Record<Look, (() => Promise<void>)[]>> = {},
  body?: Uint8Array<ArrayBuffer>,
  query = '',
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly bytes: Uint8Array; readonly warning: string | null }> {
  const looked = <Arguments extends unknown[], Result>(look: Look, ask: (...given: Arguments) => Promise<Result>) => {
    return async (...given: Arguments): Promise<Result> => {
      await before[look]?.shift()?.()
      return ask(...given)
    }
  }
  const { content, metadata } = berth
  const hindered: Content = {
    ...content,
    repositories: { ...content.repositories, exists: looked('repository', content.repositories.exists) },
    manifests: {
      ...content.manifests,
      find: looked('manifest', content.manifests.find),
      summary: looked('manifest', content.manifests.summary),
    },
    blobLinks: { ...content.blobLinks, find: looked('blob', content.blobLinks.find) },
    tags: { ...content.tags, list: looked('tags', content.tags.list) },
  }
  const options: DistributionOptions = {
    content: hindered,
    access: { mode: 'open' },
    findRenamed: looked('former name', name => metadata.redirects.find(name)),
    maxNameLength: 255,
    pulled: () => undefined,
    limits: NO_LIMITS,
  }
  const origin = { address: '127.0.0.1' }
  const listener = { address: '127.0.0.1:5000' }
  const connection = {
    address: () => '127.0.0.1',
    publicUrl: () => 'http://127.0.0.1:5000',
    fromTrustedProxy: () => false,
    listener,
    keepOpen: () => undefined,
  }
  const request = new Request(`http://127.0.0.1:5000${path}`, { method, headers, ...(body ? { body } : {}) })
  try {
    const { response } = route(
      {
        request,
        method,
        path,
        query: new URLSearchParams(query),
        requestId: 'tests',
        principal: ANONYMOUS,
        origin,
        connection,
      },
      options,
    )
    const answer = await response
    return { status: answer.status, bytes: await answer.bytes(), warning: answer.headers.get('Warning') }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return { status: error.status, bytes: new TextEncoder().encode(error.code), warning: null }
  } finally {
    expect(Object.values(before).flat()).toEqual([])
  }
}

const READS = [
  ['manifest', 'GET', `manifests/v1`, () => image.bytes],
  ['manifest', 'HEAD', `manifests/v1`, () => new Uint8Array()],
  ['blob', 'GET', `blobs/${blobs[0]?.digest}`, () => blobs[0]?.bytes],
  ['tags', 'GET', 'tags/list', () => new TextEncoder().encode(`{"name":"${HERE}","tags":["v1"]}`)],
] as const

for (const [look, method, path, expected] of READS)
  describe(`${method} ${path.slice(0, 9)} finds the repository that`, () => {
    const read = (before: Partial<Record<Look, (() => Promise<void>)[]>>) =>
      answered(method, `/v2/${HERE}/${path}`, before)
    const there = () => ({ status: 200, bytes: new Uint8Array(expected() ?? []) })

    test('leaves before it is looked at', async () => {
      const away = await read({ [look]: [() => rename(HERE, AWAY)] })
      expect(away).toMatchObject({ ...there(), warning: expect.stringContaining(AWAY) })
    })

    test('comes back when it was not found', async () => {
      await rename(HERE, AWAY)
      expect(await read({ repository: [() => rename(AWAY, HERE)] })).toEqual({ ...there(), warning: null })
    })

    test('comes back when its name was not found', async () => {
      await rename(HERE, AWAY)
      expect(await read({ 'former name': [() => rename(AWAY, HERE)] })).toEqual({ ...there(), warning: null })
    })

    test('goes further when it was heard where it is', async () => {
      await rename(HERE, AWAY)
      const further = await read({ [look]: [async () => undefined, () => rename(AWAY, FURTHER)] })
      expect(further).toMatchObject({ ...there(), warning: expect.stringContaining(FURTHER) })
    })

    test('comes back when it was heard where it is', async () => {
      await rename(HERE, AWAY)
      const back = await read({ [look]: [async () => undefined, () => rename(AWAY, HERE)] })
      expect(back).toEqual({ ...there(), warning: null })
    })
  })

test('who looks after what never was is told so', async () => {
  const unknown = await answered('GET', '/v2/busy/never/manifests/v1')
  expect(new TextDecoder().decode(unknown.bytes)).toBe('NAME_UNKNOWN')
  const untagged = await answered('GET', `/v2/${HERE}/manifests/v2`)
  expect(new TextDecoder().decode(untagged.bytes)).toBe('MANIFEST_UNKNOWN')
})
