import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH } from '../support/berth-command.ts'
import { storeSettings } from '../support/settings.ts'
import { ADMIN, type Api, apiOf, auditOf, basicOf, startClosed, userOf } from '../support/sign-in.ts'
import { type Berth, freePort, withoutSettings } from '../support/start-berth.ts'

const ISSUER = 'https://token.actions.example.com'

describe('the commands that ask a server', () => {
  let berth: Berth
  let admin: Api
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'berth-home-'))
    const settings = join(home, 'server.yaml')
    const issuer = { issuer: ISSUER, kind: 'github' }
    await Bun.write(settings, JSON.stringify({ identity: { workload: { issuers: [issuer] } } }))
    berth = await startClosed({ BERTH_CONFIG: settings })
    admin = apiOf(berth.url, ADMIN)
  })
  afterAll(async () => {
    await berth[Symbol.asyncDispose]()
    await rm(home, { recursive: true, force: true })
  })

  const run = async (args: readonly string[], options: { env?: Record<string, string>; input?: string } = {}) => {
    const child = Bun.spawn([BERTH, ...args], {
      env: { ...withoutSettings(process.env), XDG_CONFIG_HOME: home, ...options.env },
      cwd: home,
      stdin: new Blob([options.input ?? '']),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    return { code, stdout, stderr }
  }
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run([...args, '--json'])
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  }
  const password = { BERTH_USERNAME: ADMIN.name, BERTH_PASSWORD: ADMIN.password }
  const login = (...args: readonly string[]) => run(['login', berth.url, ...args], { env: password })
  const kept = () => readFile(join(home, 'berth/credentials.json'), 'utf8')

  test('without a server, or without a name, they say what to do', async () => {
    expect(await run(['whoami'])).toMatchObject({ code: 2, stderr: expect.stringContaining('berth login URL') })
    expect(await run(['login', berth.url])).toMatchObject({ code: 2, stderr: expect.stringContaining('--username') })
    expect(await run(['login', 'not an address'], { env: password })).toMatchObject({ code: 2 })
    const nobody = await run(['user', 'list'], { env: { BERTH_URL: berth.url } })
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('berth login') })
    const closed = await run(['whoami'], { env: { BERTH_URL: `http://127.0.0.1:${freePort()}`, ...password } })
    expect(closed.code).toBe(2)
    expect(closed.stderr).not.toContain('    at ')
  })

  test('login keeps a token for its owner only, never the password, and logout revokes it', async () => {
    expect(await login('--token-name', 'laptop')).toMatchObject({ code: 0 })
    const file = join(home, 'berth/credentials.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await kept()).not.toContain(ADMIN.password)
    const { token } = JSON.parse(await kept()).servers[berth.url]
    expect(token).toStartWith('berth_pat_')
    expect(await json('whoami')).toMatchObject({ name: 'admin', authenticatedBy: 'token' })
    expect((await admin('GET', '/account/tokens')).body.items[0].name).toBe('laptop')
    expect(await run(['logout'])).toMatchObject({ code: 0, stdout: expect.stringContaining('revoked') })
    expect((await apiOf(berth.url, { name: 'admin', password: token })('GET', '/account')).status).toBe(401)
    expect(await kept()).not.toContain(token)
    expect((await run(['whoami'])).code).toBe(2)
  })

  test('a token that is given is kept as it is, and logout leaves it to its owner', async () => {
    const { body } = await admin('POST', '/account/tokens', { name: 'given', lifetimeDays: 1 })
    const given = await run(['login', berth.url, '--username', 'admin', '--password-stdin'], {
      input: `${body.token}\n`,
    })
    expect(given.code).toBe(0)
    expect(JSON.parse(await kept()).servers[berth.url]).toEqual({ name: 'admin', token: body.token })
    expect((await run(['logout'])).code).toBe(0)
    expect((await apiOf(berth.url, { name: 'admin', password: body.token })('GET', '/account')).status).toBe(200)
    const wrong = await run(['login', berth.url, '--username', 'admin', '--password-stdin'], {
      input: 'a-wrong-password',
    })
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong') })
  })

  test('from a user and a project to a robot that pushes', async () => {
    await login()
    const made = await run(['user', 'create', 'ada', '--password-stdin', '--email', 'a@b.test'], {
      input: 'a-password-of-ada\n',
    })
    expect(made).toMatchObject({ code: 0, stdout: 'User ada was made.\n' })
    expect((await json('user', 'list')).map(({ name }: { name: string }) => name)).toEqual(['ada', 'admin'])
    await json('group', 'create', 'web')
    await json('group', 'add', 'web', 'ada')
    expect(await json('group', 'members', 'web')).toEqual([{ user: 'ada', source: 'local' }])
    await json('project', 'create', 'shop')
    await json('project', 'set', 'shop', '--visibility', 'internal', '--network', '{"push":{"deny":["192.0.2.0/24"]}}')
    expect(await json('project', 'show', 'shop')).toMatchObject({
      visibility: 'internal',
      network: { push: { deny: ['192.0.2.0/24'] } },
    })
    await json('role', 'set', 'signer', '--permissions', 'pull,sign')
    const grant = await json('member', 'add', 'shop', 'group:web', '--role', 'signer', '--repositories', 'shop/web/*')
    expect((await json('member', 'list', 'shop')).length).toBe(2)
    const robot = await json('robot', 'create', 'shop', 'ci', '--repositories', 'shop/web/*', '--days', '7')
    const begun = await fetch(`${berth.url}/v2/shop/web/app/blobs/uploads/`, {
      method: 'POST',
      headers: { Authorization: basicOf({ name: robot.name, password: robot.token.token }) },
    })
    expect(begun.status).toBe(202)
    const [listed] = await json('robot', 'list', 'shop')
    expect(listed).toMatchObject({ name: 'shop+ci', tokens: [{ expiresAt: robot.token.expiresAt }] })
    expect((await run(['robot', 'list', 'shop'])).stdout).toContain(robot.token.expiresAt)
    const rotated = await json('robot', 'rotate', 'shop', 'ci')
    expect((await apiOf(berth.url, { name: robot.name, password: robot.token.token })('GET', '/account')).status).toBe(
      401,
    )
    expect((await apiOf(berth.url, { name: robot.name, password: rotated.token })('GET', '/account')).status).toBe(200)
    const explain = ['access', 'explain', 'shop+ci', 'push']
    expect(await run([...explain, 'shop/web/app'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Allowed: role CI'),
    })
    expect(await run([...explain, 'shop/other'])).toMatchObject({ code: 1, stdout: expect.stringContaining('Refused') })
    await json('member', 'remove', 'shop', String(grant.id))
    await json('robot', 'delete', 'shop', 'ci')
    expect(await json('robot', 'list', 'shop')).toEqual([])
    const list = await run(['project', 'list'])
    expect(list.stdout).toMatch(/^NAME +VISIBILITY +PUSHERS\nshop +internal +members\n$/)
  })

  test('trust rules, pipelines only, and the glass', async () => {
    await login()
    await json('project', 'create', 'prod')
    const rule = ['--issuer', ISSUER, '--audience', 'berth']
    const conditions = ['--condition', 'repository_id=4711', 'ref=refs/heads/main', 'ref=refs/tags/*']
    const added = await json('trust-rule', 'add', 'prod', 'main', ...rule, ...conditions)
    expect(added.conditions).toEqual({ repository_id: ['4711'], ref: ['refs/heads/main', 'refs/tags/*'] })
    expect((await json('trust-rule', 'list', 'prod')).length).toBe(1)
    await json('trust-rule', 'remove', 'prod', 'main')
    await json('project', 'set', 'prod', '--pushers', 'pipelines')
    expect(await run(['project', 'break-glass', 'prod'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    })
    await json('project', 'break-glass', 'prod', '--reason', 'the pipeline is down', '--minutes', '5')
    await json('project', 'break-glass', 'prod', '--close')
    await json('project', 'delete', 'prod')
  })

  test('a refusal of the server is told in its words, and ends with 2', async () => {
    await login()
    const refused = await run(['user', 'disable', 'admin'])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('last administrator') })
    expect((await run(['project', 'create', 'Not A Name'])).code).toBe(2)
    expect((await run(['token', 'create', 'x', '--days', 'many'])).stderr).toContain('--days')
    expect((await run(['role', 'set', 'x', '--permissions', 'fly'])).stderr).toContain('manage members')
  })

  test('tokens are listed, made for less than everything, and revoked', async () => {
    await login()
    const made = await json(
      'token',
      'create',
      'ci',
      '--days',
      '1',
      '--permissions',
      'pull',
      '--repositories',
      'shop/**',
    )
    expect(made.scope).toEqual([{ repositories: 'shop/**', permissions: ['pull'] }])
    expect((await json('token', 'list'))[0]).toMatchObject({ id: made.id })
    await json('token', 'revoke', made.id)
    expect((await json('token', 'list'))[0].revokedAt).toBeString()
  })

  test('passwords: of others, of oneself with the present one, and at the machine for whoever lost it', async () => {
    const eve = await userOf(admin, 'eve')
    await login()
    const change = (name: string, next: string, more: { args?: string[]; env?: Record<string, string> } = {}) =>
      run(['user', 'password', name, '--password-stdin', ...(more.args ?? [])], { input: next, env: more.env ?? {} })
    const isEve = async (own: string) =>
      (await apiOf(berth.url, { name: 'eve', password: own })('GET', '/account')).status === 200
    expect(await change('eve', 'given-by-the-admin')).toMatchObject({ code: 0 })
    expect([await isEve(eve.password), await isEve('given-by-the-admin')]).toEqual([false, true])
    const asEve = { BERTH_URL: berth.url, BERTH_USERNAME: 'eve', BERTH_PASSWORD: 'given-by-the-admin' }
    expect(await change('eve', 'of-her-own-choice', { env: asEve })).toMatchObject({ code: 0 })
    expect(await isEve('of-her-own-choice')).toBe(true)
    const here = { BERTH_DATA: berth.dataFolder, BERTH_AUTH: 'none', ...(await storeSettings(berth.dataFolder)) }
    expect(await change('eve', 'lost-and-found-again', { args: ['--local'], env: here })).toMatchObject({ code: 0 })
    expect(await isEve('lost-and-found-again')).toBe(true)
    expect((await change('nobody', 'lost-and-found-again', { args: ['--local'], env: here })).code).toBe(2)
    const changes = (await auditOf(berth)).filter(({ resource }) => resource.id === 'eve')
    expect(changes.map(({ type, actor }) => `${type} by ${actor.name}`).slice(1)).toEqual([
      'user.update by admin',
      'password.change by eve',
      'user.update by system',
    ])
  })
})
