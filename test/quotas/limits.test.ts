import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { sqlOn } from '../support/database.ts'
import { errorOf } from '../support/raw-request.ts'
import { blobOf, IMAGE, imageOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Api, apiOf, auditOf, until } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

let berth: Berth
let client: RegistryClient
let api: Api
beforeAll(async () => {
  berth = await startBerth({ env: { BERTH_GC_INTERVAL_SECONDS: '0' } })
  client = registryClient(berth.url)
  api = apiOf(berth.url)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const sized = (bytes: number) => blobOf(crypto.getRandomValues(new Uint8Array(bytes)))
const nameOf = () => `p${crypto.randomUUID().slice(0, 8)}`

/** A project with one blob of 1000 bytes in `<project>/app`. */
async function projectWith(quota: object): Promise<{ project: string; app: string; first: ReturnType<typeof sized> }> {
  const project = nameOf()
  const first = sized(1000)
  expect(await client.pushBlob(`${project}/app`, first)).toBe(201)
  expect(await api('PATCH', `/projects/${project}/quota`, quota)).toMatchObject({ status: 200 })
  return { project, app: `${project}/app`, first }
}

async function put(repository: string, bytes: Uint8Array<ArrayBuffer>, body?: ReadableStream): Promise<Response> {
  const location = client.locate(await client.begin(repository))
  location.searchParams.set('digest', blobOf(bytes).digest)
  return fetch(location, { method: 'PUT', body: body ?? bytes })
}

async function usedBy(project: string) {
  return (await api('GET', `/projects/${project}/quota`)).body.used
}

/** What the server answers before it was sent a single byte of the body that was announced. */
function answerToAnnouncement(path: string, lengthBytes: number): Promise<string> {
  const [hostname = '', port = ''] = berth.host.split(':')
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => {
      socket.write(`PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${lengthBytes}\r\n\r\n`)
    })
    socket.setTimeout(20_000, () => reject(new Error(`no answer; so far: ${received}`)))
    socket.on('error', reject)
    socket.on('data', piece => {
      received += piece.toString()
      if (!received.includes('\r\n\r\n{')) return
      socket.destroy()
      resolve(received)
    })
  })
}

describe('a hard limit of bytes', () => {
  test('refuses what goes beyond, with what is used, what may be and what to do, and counts nothing of it', async () => {
    const { project, app } = await projectWith({ bytes: { hard: 1500 } })
    const refused = await errorOf(await put(app, sized(501).bytes))
    expect(refused).toMatchObject({
      status: 403,
      code: 'DENIED',
      detail: { quota: project, kind: 'bytes', used: 1000, limit: 1500, wanted: 501 },
    })
    expect(refused.message).toMatch(/^Project p\S+ uses 1000 bytes of the 1\.46 KiB \(1500 bytes\) it may, .*delete/)
    expect(await usedBy(project)).toMatchObject({ bytes: 1000 })
    expect((await put(app, sized(500).bytes)).status).toBe(201)
    expect(await usedBy(project)).toMatchObject({ bytes: 1500 })
  })

  test('is told before a byte of the body was sent, when the request says how long it is', async () => {
    const { app } = await projectWith({ bytes: { hard: 1500 } })
    const { pathname } = client.locate(await client.begin(app))
    const answer = await answerToAnnouncement(pathname, 5_000_000_000)
    expect(answer).toStartWith('HTTP/1.1 403')
    expect(answer).toContain('"wanted":5000000000')
    expect(await answerToAnnouncement(client.locate(await client.begin(app)).pathname, 501)).toStartWith('HTTP/1.1 403')
  })

  test('stops what does not say how long it is as soon as it goes beyond', async () => {
    const { app } = await projectWith({ bytes: { hard: 100_000 } })
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const location = client.locate(await client.begin(app))
    const refused = await errorOf(await fetch(location, { method: 'PATCH', body: endless }))
    expect(refused).toMatchObject({ status: 403, code: 'DENIED' })
    expect(sent).toBeLessThan(50_000_000)
  })

  test('counts the chunks of an upload together', async () => {
    const { app } = await projectWith({ bytes: { hard: 2000 } })
    expect(await client.pushChunks(app, sized(1001), 400)).toBe(403)
    expect(await client.pushChunks(app, sized(1000), 400)).toBe(201)
  })

  test('does not stand in the way of what the project has already', async () => {
    const { project, app, first } = await projectWith({ bytes: { hard: 1000 } })
    expect(await client.pushBlob(app, first)).toBe(201)
    expect(await client.pushBlob(`${project}/other`, first)).toBe(201)
    expect(await client.mount(`${project}/third`, first.digest, app)).toBe(201)
    expect(await usedBy(project)).toMatchObject({ bytes: 1000 })
    expect(await client.pushBlob(app, sized(1))).toBe(403)
  })

  test('refuses a mount from another project that would bring bytes, and then takes none of it', async () => {
    const from = await projectWith({})
    const { project, app } = await projectWith({ bytes: { hard: 1999 } })
    expect(await client.mount(app, from.first.digest, from.app)).toBe(403)
    expect(await client.head(app, 'blobs', from.first.digest)).toBe(404)
    expect(await api('PATCH', `/projects/${project}/quota`, { bytes: { hard: 2000 } })).toMatchObject({ status: 200 })
    expect(await client.mount(app, from.first.digest, from.app)).toBe(201)
    expect(await usedBy(project)).toMatchObject({ bytes: 2000 })
  })

  test('has room again once something was deleted', async () => {
    const { app, first } = await projectWith({ bytes: { hard: 1000 } })
    expect(await client.pushBlob(app, sized(1000))).toBe(403)
    expect(await client.remove(app, 'blobs', first.digest)).toBe(202)
    expect(await client.pushBlob(app, sized(1000))).toBe(201)
  })

  test('below what is used takes nothing away and refuses only what adds', async () => {
    const { app, first } = await projectWith({ bytes: { hard: 0 } })
    expect(await client.get(app, 'blobs', first.digest)).toEqual(first.bytes)
    expect(await client.pushBlob(app, first)).toBe(201)
    expect(await client.pushBlob(app, sized(1))).toBe(403)
  })

  test('of the registry counts each blob once, whichever project has it', async () => {
    const { app, first } = await projectWith({})
    const { body } = await api('GET', '/quota')
    expect(await api('PATCH', '/quota', { bytes: { hard: body.used.bytes + 10 } })).toMatchObject({ status: 200 })
    try {
      expect(await client.mount(`${nameOf()}/app`, first.digest, app)).toBe(201)
      const refused = await errorOf(await put(app, sized(11).bytes))
      expect(refused).toMatchObject({ status: 403, detail: { quota: 'registry', wanted: 11 } })
      expect(await client.pushBlob(app, sized(10))).toBe(201)
    } finally {
      await api('PATCH', '/quota', { bytes: { hard: null } })
    }
  })
})

describe('a hard limit of numbers', () => {
  test('of tags refuses new ones; moving one is no new one', async () => {
    const { app, first } = await projectWith({ tags: { hard: 1 } })
    expect(await client.putManifest(app, 'v1', imageOf([first], { note: '1' }))).toBe(201)
    expect(await client.putManifest(app, 'v2', imageOf([first], { note: '1' }))).toBe(403)
    expect(await client.putManifest(app, 'v1', imageOf([first], { note: '2' }))).toBe(201)
    expect(await client.remove(app, 'manifests', 'v1')).toBe(202)
    expect(await client.putManifest(app, 'v2', imageOf([first], { note: '1' }))).toBe(201)
  })

  test('of manifests and of repositories is kept alike, and what is refused leaves no trace', async () => {
    const { project, app, first } = await projectWith({ manifests: { hard: 1 }, repositories: { hard: 1 } })
    expect(await client.putManifest(app, 'v1', imageOf([first], { note: '1' }))).toBe(201)
    expect(await client.putManifest(app, 'v2', imageOf([first], { note: '2' }))).toBe(403)
    expect(await client.list(`${app}/tags/list`, 'tags')).toEqual(['v1'])
    const response = await put(`${project}/another`, sized(5).bytes)
    expect(await errorOf(response)).toMatchObject({ detail: { kind: 'repositories', used: 1, limit: 1, wanted: 1 } })
    expect(await client.list(`${project}/another/tags/list`, 'tags')).toBeUndefined()
    expect(await usedBy(project)).toMatchObject({ repositories: 1, tags: 1, manifests: 1 })
  })
})

describe('pushes at once', () => {
  test('get in exactly as many as fit', async () => {
    const { project, app } = await projectWith({ bytes: { hard: 1000 + 7 * 100 + 99 } })
    const statuses = await Promise.all(Array.from({ length: 24 }, () => client.pushBlob(app, sized(100))))
    expect(statuses.filter(status => status === 201)).toHaveLength(7)
    expect(statuses.filter(status => status === 403)).toHaveLength(17)
    expect(await usedBy(project)).toMatchObject({ bytes: 1700 })
  })

  test('of tags, into several repositories of a project, too', async () => {
    const { project, first } = await projectWith({ tags: { hard: 5 } })
    const repositories = ['a', 'b', 'c'].map(name => `${project}/${name}`)
    for (const repository of repositories) expect(await client.pushBlob(repository, first)).toBe(201)
    const statuses = await Promise.all(
      Array.from({ length: 18 }, (_, index) =>
        client.putManifest(repositories[index % 3] as string, `v${index}`, imageOf([first], { note: String(index) })),
      ),
    )
    expect(statuses.filter(status => status === 201)).toHaveLength(5)
    expect(await usedBy(project)).toMatchObject({ tags: 5, manifests: 5 })
  })
})

describe('the audit log', () => {
  const told = async (project: string) =>
    (await auditOf(berth)).filter(({ type, resource }) => type.startsWith('quota.') && resource.project === project)

  test('hears of a soft limit once when it is passed, and people who push are warned each time', async () => {
    const { project, app, first } = await projectWith({ bytes: { soft: 2500, hard: 10_000 } })
    const push = async (note: string) => {
      const { bytes } = imageOf([first], { note })
      const response = await fetch(`${berth.url}/v2/${app}/manifests/${note}`, {
        method: 'PUT',
        body: bytes,
        headers: { 'Content-Type': IMAGE },
      })
      expect(response.status).toBe(201)
      return response.headers.get('Warning')
    }
    expect(await push('small')).toBeNull()
    const large = sized(2000)
    expect(await client.pushBlob(app, large)).toBe(201)
    expect(await push('second')).toMatch(/^299 - "Project p\S+ uses .*more than the 2\.44 KiB \(2500 bytes\) it should/)
    expect(await push('third')).toContain('pushes are refused')
    const kinds = async () => (await told(project)).map(({ type }) => type)
    expect(await kinds()).toEqual(['quota.change', 'quota.warning'])
    expect((await told(project))[1]).toMatchObject({ detail: { kind: 'bytes', soft: 2500, hard: 10_000 } })
    // Left and passed again: that is news.
    expect(await client.remove(app, 'blobs', large.digest)).toBe(202)
    expect(await push('fourth')).toBeNull()
    expect(await client.pushBlob(app, large)).toBe(201)
    expect(await push('fifth')).not.toBeNull()
    expect(await kinds()).toEqual(['quota.change', 'quota.warning', 'quota.warning'])
  })

  test('hears of a hard limit once, however many pushes are refused, and of each change with both values', async () => {
    const { project, app } = await projectWith({ bytes: { hard: 1000 } })
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await client.pushBlob(app, sized(10))).toBe(403)
    expect(await api('PATCH', `/projects/${project}/quota`, { bytes: { hard: 2000, soft: 1500 } })).toMatchObject({
      body: { quotas: { bytes: { hard: 2000, soft: 1500 } }, used: { bytes: 1000 } },
    })
    expect(await told(project)).toMatchObject([
      { type: 'quota.change', detail: { 'bytes.hard.before': null, 'bytes.hard.after': 1000 } },
      { type: 'quota.exceeded', outcome: 'denied', detail: { kind: 'bytes', used: 1000, hard: 1000 } },
      {
        type: 'quota.change',
        detail: { 'bytes.hard.before': 1000, 'bytes.hard.after': 2000, 'bytes.soft.after': 1500 },
      },
    ])
  })
})

describe('a quota', () => {
  test('with a soft limit above the hard one is not taken, nor one of a project that is not there', async () => {
    const { project } = await projectWith({ bytes: { hard: 2000 } })
    const refused = await api('PATCH', `/projects/${project}/quota`, { bytes: { soft: 3000 } })
    expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('bytes.soft') } })
    expect(await api('PATCH', '/projects/nobody-here/quota', { tags: { hard: 1 } })).toMatchObject({ status: 404 })
    expect(await api('PATCH', `/projects/${project}/quota`, { bytes: { hard: -1 } })).toMatchObject({ status: 400 })
    expect(await api('GET', '/projects/nobody-here/quota')).toMatchObject({ status: 404 })
  })

  test('goes when its limits are taken away', async () => {
    const { project, app } = await projectWith({ bytes: { hard: 1000 }, tags: { hard: 3 } })
    const { body } = await api('PATCH', `/projects/${project}/quota`, { bytes: { hard: null } })
    expect(body.quotas).toEqual({ tags: { hard: 3 } })
    expect(await client.pushBlob(app, sized(5000))).toBe(201)
  })
})

describe('usage over time', () => {
  test('is written down where it changed, and read in pages, oldest first', async () => {
    await using often = await startBerth({ env: { BERTH_USAGE_SAMPLE_SECONDS: '1' } })
    const there = registryClient(often.url)
    const ask = apiOf(often.url)
    const rows = async (query = '') => (await ask('GET', `/projects/team/usage/history${query}`)).body.items
    for (const [index, size] of [100, 200, 300].entries()) {
      expect(await there.pushBlob('team/app', sized(size))).toBe(201)
      expect(await until(async () => (await rows()).length > index)).toBe(true)
    }
    const found = (await rows()) as { at: string; bytes: number }[]
    expect(found.map(({ bytes }) => bytes)).toEqual([100, 300, 600])
    expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).toSorted())
    const first = await ask('GET', '/projects/team/usage/history?limit=2')
    expect(first.body.items).toHaveLength(2)
    const next = /<([^>]+)>/.exec(first.headers.get('Link') ?? '')?.[1] ?? ''
    expect((await ask('GET', next.replace('/api/v1', ''))).body.items).toEqual(found.slice(2))
    expect(await rows(`?from=${found[1]?.at}&until=${found[2]?.at}`)).toEqual(found.slice(1, 2))
    expect((await ask('GET', '/usage/history')).body.items.at(-1)).toMatchObject({ bytes: 600, repositories: 1 })
  })
})

describe('the check', () => {
  test('finds figures that somebody changed in the database, and the repair puts them right', async () => {
    const { project, app, first } = await projectWith({})
    expect(await client.putManifest(app, 'v1', imageOf([first]))).toBe(201)
    const before = await usedBy(project)
    expect((await api('GET', '/usage/check')).body.items).toEqual([])
    const [{ id }] = (await sqlOn(berth.dataFolder, 'select id from projects where name = ?', [project])) as [
      { id: number },
    ]
    await sqlOn(berth.dataFolder, 'insert into usage (project_id, shard, bytes, tags) values (?, 77, 5000, -1)', [id])
    await sqlOn(berth.dataFolder, 'insert into usage (project_id, shard, manifests) values (0, 77, 3)')
    const registry = { kind: 'manifests', counted: expect.any(Number), actual: expect.any(Number) }
    const differences = [
      registry,
      { project, kind: 'bytes', counted: before.bytes + 5000, actual: before.bytes },
      { project, kind: 'tags', counted: 0, actual: 1 },
    ]
    expect((await api('GET', '/usage/check')).body.items).toEqual(differences)
    expect((await api('POST', '/usage/repair')).body.items).toEqual(differences)
    expect((await api('GET', '/usage/check')).body.items).toEqual([])
    expect(await usedBy(project)).toEqual(before)
    const records = (await auditOf(berth)).filter(({ type }) => type === 'usage.repair')
    expect(records).toMatchObject([
      { detail: { 'manifests.before': expect.any(Number) } },
      { resource: { project }, detail: { 'bytes.before': before.bytes + 5000, 'bytes.after': before.bytes } },
    ])
  })

  test('may run while others push, and finds nothing', async () => {
    const { app } = await projectWith({})
    const pushing = Promise.all(Array.from({ length: 30 }, () => client.pushBlob(app, sized(64))))
    for (let time = 0; time < 5; time += 1) expect((await api('GET', '/usage/check')).body.items).toEqual([])
    expect(new Set(await pushing)).toEqual(new Set([201]))
  })
})
