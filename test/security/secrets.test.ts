import { expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlOn } from '../support/database.ts'
import { ADMIN_PASSWORD, basic, bearer, PATIENCE, registryToken, SECRETS_KEY } from '../support/identities.ts'
import { rawRequest } from '../support/raw-request.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { type Headers, secured } from './secured.ts'

const blob = blobOf('{}')
const image = imageOf([blob])
const PASSWORD = 'what ada types each morning'

let owner: Headers
const running = secured(
  async ({ identities, member }) => {
    await identities.project('shop')
    owner = await member('shop', 'owner', 'owner')
    await identities.user('ada', { password: PASSWORD })
    await identities.grant('shop', 'ada', 'owner')
  },
  { BERTH_LOG_LEVEL: 'debug', BERTH_LOG_REQUESTS: 'all' },
)

/** All that lies on the disk or in the database: names of files and what is in them. */
async function everythingKept(): Promise<readonly (readonly [where: string, text: string])[]> {
  const { dataFolder } = running().berth
  const entries = await readdir(dataFolder, { withFileTypes: true, recursive: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const texts = files.map(async path => [path, Buffer.from(await Bun.file(path).bytes()).toString()] as const)
  return [...(await Promise.all(texts)), ...(await tables())]
}

async function tables(): Promise<readonly (readonly [string, string])[]> {
  const { dataFolder } = running().berth
  const texts: (readonly [string, string])[] = []
  for (const table of [
    'users',
    'robots',
    'grants',
    'credentials',
    'signing_keys',
    'trust_rules',
    'uploads',
    'audit_inbox',
    'audit_records',
  ])
    texts.push([table, JSON.stringify(await sqlOn(dataFolder, `select * from ${table}`))])
  return texts
}

test('no password, token or key that was used is in the log, the database or the data folder', async () => {
  const { berth, identities, status, pushBlob, pushManifest } = running()
  const personal = await identities.token('owner')
  const robot = await identities.robot('shop', 'ci')
  await identities.grant('shop', robot, 'developer')
  const ofRobot = await identities.token(robot)
  const byPassword = basic('ada', PASSWORD)
  const form = { grant_type: 'password', username: 'ada', password: PASSWORD, access_type: 'offline', service: 'x' }
  const body = new URLSearchParams(form)
  const answer = (await (await fetch(`${berth.url}/token`, { method: 'POST', body })).json()) as Record<string, string>
  const { access_token: access = '', refresh_token: refresh = '' } = answer
  const token = await registryToken(berth.url, byPassword, 'repository:shop/web:pull,push')
  const wrong = 'a wrong password of ada’s'
  const secrets = {
    'the administrator’s password': ADMIN_PASSWORD,
    'a password': PASSWORD,
    'a wrong password': wrong,
    'a personal token': personal.secret,
    'a robot’s token': ofRobot.secret,
    'a refresh token': refresh,
    'a registry token': token,
    'another registry token': access,
    'a header': byPassword.Authorization.slice('Basic '.length),
    'the key that seals': SECRETS_KEY,
  }
  for (const value of Object.values(secrets)) expect(value.length).toBeGreaterThan(10)
  // Each is used, rightly and wrongly, also where it does not belong.
  expect(await pushBlob('shop/web', blob, byPassword)).toBe(201)
  expect(await pushManifest('shop/web', 'v1', image, bearer(token))).toBe(201)
  expect(await status('GET', 'shop/web/tags/list', basic(robot, ofRobot.secret))).toBe(200)
  expect(await status('GET', 'shop/web/tags/list', bearer(personal.secret))).toBe(200)
  expect(await status('GET', 'shop/web/tags/list', basic('ada', wrong))).toBe(401)
  expect(await status('GET', 'shop/web/tags/list', basic('mallory', personal.secret))).toBe(401)
  expect(await status('GET', 'shop/web/tags/list', bearer(refresh))).toBe(401)
  expect(await status('GET', 'shop/web/tags/list', bearer(`${token}x`))).toBe(401)
  expect(await status('GET', 'shop/web/tags/list', basic('admin', ADMIN_PASSWORD))).toBe(200)
  for (const value of [refresh, 'nonsense']) {
    const redeem = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: value, service: 'x' })
    await (await fetch(`${berth.url}/token`, { method: 'POST', body: redeem })).text()
  }

  const places = [['the log', berth.log()] as const, ...(await everythingKept())]
  expect(places.length).toBeGreaterThan(10)
  const found = Object.entries(secrets).flatMap(([what, value]) =>
    places.flatMap(([where, text]) => (text.includes(value) ? [`${what} in ${where}`] : [])),
  )
  expect(found).toEqual([])
})

test('the log is one JSON object a line, whatever names, paths and user agents hold', async () => {
  const { berth } = running()
  // Replicas have a log each, so that what is new is told by what was there.
  const before = new Set(berth.log().split('\n'))
  const written = () =>
    berth
      .log()
      .split('\n')
      .filter(line => line !== '' && !before.has(line))
  const evil = '\r\n{"level":30,"msg":"forged"}\r\n\u001b[31m\u2028\u0000'
  const get = (path: string, headers: string) =>
    rawRequest(berth.host, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n\r\n`)
  for (const name of [`ada${evil}`, evil, 'x'.repeat(5000)])
    expect((await fetch(`${berth.url}/v2/`, { headers: basic(name, 'wrong password') })).status).toBe(401)
  await get(`/v2/${encodeURIComponent(evil)}/tags/list`, basicLine())
  await get(`/v2/shop/web/manifests/${encodeURIComponent(evil)}`, basicLine())
  await get('/v2/shop/web/tags/list?n=1%0a%7b%22msg%22%3a%22forged%22%7d', basicLine())
  await get('/v2/"},{"msg":"forged"}/tags/list', basicLine())
  await get('/v2/shop/web/tags/list', `${basicLine()}\r\nUser-Agent: evil"} {"msg":"forged"}`)
  // Each is answered before its line is written; those of one replica come in the order of its answers.
  await get('/v2/shop/last/tags/list', basicLine())
  while (written().length <= 5 || !written().some(line => line.includes('shop/last'))) await Bun.sleep(20)
  const lines = written()
  for (const line of lines) expect(JSON.parse(line)).not.toMatchObject({ msg: 'forged' })
  expect(lines.join('')).not.toContain('\u001b')
})

test('the audit log keeps what a client says of itself as it is, in one entry', async () => {
  const { berth, pushBlob } = running()
  const agent = 'evil"},{"type":"forged","x":"\\n\t'
  const headers = { ...owner, 'User-Agent': agent, 'Content-Type': image.mediaType }
  expect(await pushBlob('shop/audited', blob, owner)).toBe(201)
  const pushed = await fetch(`${berth.url}/v2/shop/audited/manifests/v1`, {
    method: 'PUT',
    headers,
    body: new Uint8Array(image.bytes),
  })
  expect(pushed.status).toBe(201)
  const rows = await sqlOn(
    berth.dataFolder,
    'select entry as text from audit_inbox union all select body as text from audit_records',
  )
  // In the chain the entry lies within its record.
  const entries = rows.map(({ text }) => JSON.parse(String(text))).map(kept => kept.entry ?? kept)
  const own = entries.filter(({ resource }) => resource.repository === 'shop/audited')
  expect(own.map(({ type }) => type).toSorted()).toEqual(['manifest.push', 'tag.create'])
  for (const { origin, actor } of own) {
    expect(origin.userAgent.trim()).toBe(agent.trim())
    expect(actor.name).toBe('owner')
  }
})

test('the first start makes an administrator with a password of its own, shown once and kept nowhere', async () => {
  const env = { ...PATIENCE, BERTH_AUTH: 'required', BERTH_SECRETS_KEY: SECRETS_KEY }
  const folder = await mkdtemp(join(tmpdir(), 'berth-first-'))
  const passwordIn = (printed: string) => /^ {2}([0-9A-Za-z]{24})$/m.exec(printed)?.[1]
  const first = await startBerth({ env, dataFolder: folder })
  const password = passwordIn(first.log()) ?? ''
  const signIn = async (url: string, name: string, given: string) =>
    (await fetch(`${url}/v2/`, { headers: basic(name, given) })).status
  expect(await signIn(first.url, 'admin', password)).toBe(200)
  for (const guess of ['', 'admin', 'password', 'berth', 'Harbor12345', 'admin123'])
    expect([guess, await signIn(first.url, 'admin', guess)]).toEqual([guess, 401])
  await first.stop()
  const second = await startBerth({ env, dataFolder: folder })
  expect(passwordIn(second.log())).toBeUndefined()
  expect(await signIn(second.url, 'admin', password)).toBe(200)
  await second.stop()
  const files = (await readdir(folder, { withFileTypes: true, recursive: true })).filter(entry => entry.isFile())
  for (const { parentPath, name } of files)
    expect(Buffer.from(await Bun.file(join(parentPath, name)).bytes()).includes(password)).toBe(false)
  await rm(folder, { recursive: true })
})

function basicLine(): string {
  return `Authorization: ${owner.Authorization}`
}
