import { afterAll, beforeAll, expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { sqlOn } from '../../support/database.ts'
import { blobOf, type Document, imageOf, registryClient } from '../../support/registry-client.ts'
import { type Api, apiOf } from '../../support/sign-in.ts'
import { type Berth, startBerth } from '../../support/start-berth.ts'
import { PROJECT } from './example.ts'
import type { Pictured } from './outcome.ts'
import { PUBLISHED } from './published.ts'

const DAY_MS = 24 * 3600 * 1000

let berth: Berth
let api: Api

beforeAll(async () => {
  berth = await startBerth({ env: { BERTH_LOG_REQUESTS: 'none' } })
  api = apiOf(berth.url)
})
afterAll(() => berth[Symbol.asyncDispose]())

test.each(PUBLISHED.map((example, index) => [example.title, `team-${index}`, example] as const))(
  'previewed by a server: %s',
  async (_, project, { from, document, images, gone }) => {
    expect((await api('POST', '/projects', { name: project })).status).toBe(201)
    const pictured = images.map(image => ({ ...image, repository: (image.repository ?? '').replace(PROJECT, project) }))
    const named = new Map<string, string>()
    for (const image of pictured) named.set(await pushAsPictured(image), image.name)
    // Nothing was pulled but what is pictured as pulled.
    await sqlOn(berth.dataFolder, 'update pull_records set since = 0')

    const { rules } = importPolicy(from, document, { project })
    const policy = { isDryRun: true, fusePercent: 100, ignoredPullers: [], rules }
    const response = await fetch(`${berth.url}/api/v1/projects/${project}/retention/preview`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ policy }),
    })
    expect(response.status).toBe(200)
    const lines = (await response.text()).trim().split('\n')
    const items = lines.map(line => JSON.parse(line)).filter(({ digest }) => digest !== undefined)
    const namesOf = (action: string) =>
      items.filter(item => item.action === action).map(({ repository, digest }) => named.get(`${repository}@${digest}`))
    const kept = images.map(({ name }) => name).filter(name => !gone.includes(name))
    expect({ deleted: namesOf('delete').toSorted(), kept: namesOf('keep').toSorted() }).toEqual({
      deleted: gone.toSorted(),
      kept: kept.toSorted(),
    })
  },
  60_000,
)

const config = blobOf('{}')

/** Gives `repository@digest`. */
async function pushAsPictured({ repository = '', name, tags, digest: prefix, pushedDays, pulledDays }: Pictured) {
  const client = registryClient(berth.url)
  const document = documentOf(name, prefix)
  expect(await client.pushBlob(repository, config)).toBe(201)
  for (const reference of tags.length > 0 ? tags : [document.digest])
    expect(await client.putManifest(repository, reference, document)).toBe(201)
  const [{ id } = { id: undefined }] = await sqlOn(berth.dataFolder, 'select id from repositories where name = ?', [
    repository,
  ])
  const place = [Number(id), document.digest]
  const at = (days: number) => Date.now() - Math.round(days * DAY_MS)
  const pushedAt = at(pushedDays)
  await sqlOn(berth.dataFolder, 'update manifests set pushed_at = ? where repository_id = ? and digest = ?', [
    pushedAt,
    ...place,
  ])
  await sqlOn(berth.dataFolder, 'update tags set updated_at = ? where repository_id = ? and digest = ?', [
    pushedAt,
    ...place,
  ])
  if (pulledDays !== undefined)
    await sqlOn(berth.dataFolder, 'insert into last_pulls (repository_id, digest, pulled_at) values (?, ?, ?)', [
      ...place,
      at(pulledDays),
    ])
  return `${repository}@${document.digest}`
}

/** One of which the digest begins as pictured. */
function documentOf(name: string, prefix = ''): Document {
  for (let attempt = 0; ; attempt += 1) {
    const document = imageOf([config], { note: `${name} ${attempt}` })
    if (document.digest.startsWith(prefix)) return document
  }
}
