import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN, type Api, apiOf, auditOf, basicOf, type Caller, startClosed, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { describeWithTools, needTool, toolPath } from '../tools/find-tools.ts'

let berth: Berth
let admin: Api
beforeAll(async () => {
  berth = await startClosed({ BERTH_TOKENS_LONGEST_DAYS: '100' })
  admin = apiOf(berth.url, ADMIN)
})
afterAll(() => berth[Symbol.asyncDispose]())

const statusAs = async (caller: Caller) => (await apiOf(berth.url, caller)('GET', '/account')).status
const beginAs = async (caller: Caller, repository: string) => {
  const headers = { Authorization: basicOf(caller) }
  return (await fetch(`${berth.url}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers })).status
}

describe('personal tokens', () => {
  test('a secret is shown once, stands for its owner, and ends when it is revoked', async () => {
    const ada = await userOf(admin, 'ada')
    const own = apiOf(berth.url, ada)
    const { status, body } = await own('POST', '/account/tokens', { name: 'laptop', lifetimeDays: 30 })
    expect(status).toBe(201)
    expect(body.token).toMatch(/^berth_pat_[0-9A-Za-z]{36}$/)
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(30 * 24 * 3600 * 1000)
    const token = { name: 'ada', password: body.token }
    expect((await apiOf(berth.url, token)('GET', '/account')).body).toMatchObject({
      authenticatedBy: 'token',
      credential: body.id,
    })
    const list = await own('GET', '/account/tokens')
    expect(list.body.items).toMatchObject([{ id: body.id, name: 'laptop' }])
    const everything = JSON.stringify([list.body, await auditOf(berth)]) + berth.log()
    expect(everything).not.toContain(body.token)
    expect(everything).not.toContain('hash":"$')
    expect((await own('DELETE', `/account/tokens/${body.id}`)).status).toBe(204)
    expect(await statusAs(token)).toBe(401)
    expect((await own('DELETE', `/account/tokens/${body.id}`)).status).toBe(404)
  })

  test('a lifetime must be given, and is no longer than the registry allows', async () => {
    const own = apiOf(berth.url, await userOf(admin, 'ben'))
    const make = async (body: object) => (await own('POST', '/account/tokens', { name: 'x', ...body })).status
    expect(await make({})).toBe(400)
    for (const lifetimeDays of [0, -1, 101, 1e9, '7', null]) expect(await make({ lifetimeDays })).toBe(400)
    expect(await make({ lifetimeDays: 100 })).toBe(201)
  })

  test('a token ends at its time', async () => {
    const cy = await userOf(admin, 'cy')
    const lifetimeDays = 2 / (24 * 3600)
    const { body } = await apiOf(berth.url, cy)('POST', '/account/tokens', { name: 'short', lifetimeDays })
    const token = { name: 'cy', password: body.token }
    expect(await statusAs(token)).toBe(200)
    await Bun.sleep(Date.parse(body.expiresAt) - Date.now() + 50)
    expect(await statusAs(token)).toBe(401)
  })

  test('what is made with a token ends with it at the latest', async () => {
    const dot = await userOf(admin, 'dot')
    const { body } = await apiOf(berth.url, dot)('POST', '/account/tokens', { name: 'week', lifetimeDays: 7 })
    const byToken = apiOf(berth.url, { name: 'dot', password: body.token })
    expect((await byToken('POST', '/account/tokens', { name: 'longer', lifetimeDays: 8 })).status).toBe(400)
    expect((await byToken('POST', `/account/tokens/${body.id}/rotate`, { lifetimeDays: 8 })).status).toBe(400)
    expect((await byToken('POST', '/account/tokens', { name: 'shorter', lifetimeDays: 6 })).status).toBe(201)
  })

  test('an administrator sees and revokes the tokens of others, and makes none', async () => {
    const eli = await userOf(admin, 'eli')
    const { body } = await apiOf(berth.url, eli)('POST', '/account/tokens', { name: 'phone', lifetimeDays: 7 })
    expect((await admin('GET', '/users/eli/tokens')).body.items).toMatchObject([{ id: body.id, name: 'phone' }])
    expect((await admin('POST', '/users/eli/tokens', { name: 'mine', lifetimeDays: 7 })).status).toBe(405)
    expect((await admin('DELETE', `/users/ada/tokens/${body.id}`)).status).toBe(404)
    expect((await admin('DELETE', `/users/eli/tokens/${body.id}`)).status).toBe(204)
    expect(await statusAs({ name: 'eli', password: body.token })).toBe(401)
  })
})

describe('robots', () => {
  test('a robot pushes where it was granted to, and nowhere else', async () => {
    await admin('POST', '/projects', { name: 'shop' })
    const robot = { name: 'ci', grants: [{ role: 'CI', repositories: 'shop/web/*' }], lifetimeDays: 10 }
    const { status, body } = await admin('POST', '/projects/shop/robots', robot)
    expect([status, body.name]).toEqual([201, 'shop+ci'])
    expect(body.token.token).toMatch(/^berth_rob_/)
    const caller = { name: body.name, password: body.token.token }
    expect(await beginAs(caller, 'shop/web/app')).toBe(202)
    expect(await beginAs(caller, 'shop/other/app')).toBe(403)
    expect(await beginAs(caller, 'elsewhere/app')).toBe(403)
    expect(await statusAs(caller)).toBe(200)
    expect((await apiOf(berth.url, caller)('GET', '/projects/shop/robots')).status).toBe(403)
    expect((await admin('POST', '/projects/shop/robots', robot)).status).toBe(409)
  })

  test('nothing of a robot is made when a part of it cannot be', async () => {
    const robot = (change: object) => ({ name: 'half', grants: [{ role: 'CI' }], ...change })
    for (const change of [
      { grants: [{ role: 'CI' }, { role: 'nobody-knows' }] },
      { grants: [{ role: 'CI', permissions: ['push'] }] },
      { grants: [] },
      { lifetimeDays: 101 },
      { name: 'a+b' },
    ])
      expect((await admin('POST', '/projects/shop/robots', robot(change))).status).toBe(400)
    expect((await admin('GET', '/projects/shop/robots/half')).status).toBe(404)
    expect((await admin('POST', '/projects/none/robots', robot({}))).status).toBe(404)
  })

  test('a robot of single permissions has those and no other', async () => {
    const grants = [{ permissions: ['pull', 'push'], tags: 'v*' }]
    const { body } = await admin('POST', '/projects/shop/robots', { name: 'tagger', grants })
    const lifetimeMs = Date.parse(body.token.expiresAt) - Date.parse(body.token.createdAt)
    expect(lifetimeMs).toBe(90 * 24 * 3600 * 1000)
    const explained = await admin('GET', '/access/explain?who=shop%2Btagger&action=push&repository=shop/x')
    expect(explained.body).toMatchObject({ isAllowed: true, tags: { push: ['v*'], overwrite: [], remove: [] } })
  })

  test('a rotated secret goes on for the overlap that was asked for, and then no more', async () => {
    const { body: robot } = await admin('POST', '/projects/shop/robots', {
      name: 'turner',
      grants: [{ role: 'reader' }],
    })
    const tokens = '/projects/shop/robots/turner/tokens'
    const as = (password: string) => statusAs({ name: 'shop+turner', password })
    const second = await admin('POST', `${tokens}/${robot.token.id}/rotate`, { overlapSeconds: 2 })
    expect(second.status).toBe(201)
    expect([await as(robot.token.token), await as(second.body.token)]).toEqual([200, 200])
    const first = (await admin('GET', tokens)).body.items.find(({ id }: { id: string }) => id === robot.token.id)
    await Bun.sleep(Date.parse(first.expiresAt) - Date.now() + 50)
    expect([await as(robot.token.token), await as(second.body.token)]).toEqual([401, 200])
    const third = await admin('POST', `${tokens}/${second.body.id}/rotate`, {})
    expect([await as(second.body.token), await as(third.body.token)]).toEqual([401, 200])
    expect((await admin('POST', `${tokens}/${second.body.id}/rotate`, {})).status).toBe(404)
    expect((await auditOf(berth)).filter(({ type }) => type === 'token.rotate').length).toBe(2)
  })

  test('a robot that is disabled or gone is out at once', async () => {
    const { body } = await admin('POST', '/projects/shop/robots', { name: 'gone', grants: [{ role: 'reader' }] })
    const caller = { name: body.name, password: body.token.token }
    expect(await statusAs(caller)).toBe(200)
    expect((await admin('DELETE', `/projects/shop/robots/gone/tokens/${body.token.id}`)).status).toBe(204)
    expect(await statusAs(caller)).toBe(401)
    const more = await admin('POST', '/projects/shop/robots/gone/tokens', { name: 'second' })
    const again = { name: body.name, password: more.body.token }
    expect(await statusAs(again)).toBe(200)
    expect((await admin('DELETE', '/projects/shop/robots/gone')).status).toBe(204)
    expect(await statusAs(again)).toBe(401)
  })
})

describeWithTools('tokens', 'tokens with real clients', [needTool('crane'), needTool('skopeo')], () => {
  const run = async ([tool = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = Bun.spawn([toolPath(tool), ...args], {
      env: { ...process.env, ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    return { code, text: stdout + stderr }
  }

  test('a robot pushes and a person pulls with their tokens', async () => {
    await admin('POST', '/projects', { name: 'clients' })
    const { body: robot } = await admin('POST', '/projects/clients/robots', { name: 'ci', grants: [{ role: 'CI' }] })
    const own = apiOf(berth.url, await userOf(admin, 'zoe'))
    await admin('POST', '/projects/clients/members', { subject: { kind: 'user', name: 'zoe' }, role: 'reader' })
    const { body: token } = await own('POST', '/account/tokens', { name: 'pull', lifetimeDays: 1 })
    const folder = `${berth.dataFolder}/crane`
    const login = await run(['crane', 'auth', 'login', berth.host, '-u', robot.name, '-p', robot.token.token], {
      DOCKER_CONFIG: folder,
    })
    expect(login.code).toBe(0)
    const pushed = await run(
      ['crane', 'append', '--insecure', '-f', '/dev/null', '-t', `${berth.host}/clients/app:v1`],
      {
        DOCKER_CONFIG: folder,
      },
    )
    expect(pushed).toMatchObject({ code: 0 })
    const image = `docker://${berth.host}/clients/app:v1`
    const inspect = (credentials: string) =>
      run(['skopeo', 'inspect', '--raw', '--tls-verify=false', '--creds', credentials, image])
    expect(await inspect(`zoe:${token.token}`)).toMatchObject({ code: 0 })
    await own('DELETE', `/account/tokens/${token.id}`)
    expect((await inspect(`zoe:${token.token}`)).code).not.toBe(0)
  })
})
