import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH } from '../support/berth-command.ts'
import { openBrowser, signOn } from '../support/browser.ts'
import { sqlOn } from '../support/database.ts'
import { ADMIN, type Api, apiOf, auditOf, basicOf, startClosed, until } from '../support/sign-in.ts'
import { type Berth, freePort, startBerth, withoutSettings } from '../support/start-berth.ts'
import { type OidcProvider, type Person, startOidcProvider } from '../support/start-oidc-provider.ts'
import { findTool } from '../tools/find-tools.ts'

const people: Record<string, Person> = {
  ada: { name: 'Ada Lovelace', preferred_username: 'ada', groups: ['builders', 'registry-admins'] },
  bob: { preferred_username: 'bob', groups: ['builders'] },
  cleo: { preferred_username: 'cleo', groups: ['builders'] },
  dora: { preferred_username: 'dora', groups: ['builders'] },
  guest: { preferred_username: 'guest', groups: ['visitors'] },
  leaver: { preferred_username: 'leaver', groups: ['builders'] },
  impostor: { preferred_username: 'admin', groups: ['builders'] },
  system: { preferred_username: 'system', groups: ['builders'] },
}

let provider: OidcProvider
let berth: Berth
let admin: Api
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-sign-on-'))
  const port = freePort()
  const company = {
    name: 'company',
    title: 'Example <Ltd>',
    issuer: `http://127.0.0.1:${port}`,
    clientId: 'berth',
    clientSecret: 'the-secret-of-berth:with/special characters',
    scopes: ['profile', 'groups'],
    allowed: ['builders', 'registry-admins'],
    groups: [{ from: 'builders' }],
    systemRoles: [{ group: 'registry-admins', role: 'administrator' }],
  }
  const away = { name: 'away', issuer: `http://127.0.0.1:${freePort()}`, clientId: 'berth' }
  await Bun.write(join(folder, 'berth.yaml'), JSON.stringify({ identity: { oidc: [company, away] } }))
  berth = await startClosed({
    BERTH_CONFIG: join(folder, 'berth.yaml'),
    BERTH_OUTBOUND_ALLOWED_PRIVATE: '127.0.0.1',
    BERTH_TOKENS_LONGEST_DAYS: '90',
    BERTH_RATES_SIGN_ONS_COUNT: '0',
  })
  provider = await startOidcProvider({ people, port, redirectUris: [`${berth.url}/sign-on/company/callback`] })
  admin = apiOf(berth.url, ADMIN)
})
afterAll(async () => {
  await provider?.[Symbol.asyncDispose]()
  await berth?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Goes to the provider in a browser of its own, and signs on there. Gives what it would come back to. */
async function away(login: string, query = '', browser = openBrowser(berth.url)) {
  const { url } = await browser.visit(`${berth.url}/sign-on/company${query}`)
  expect(new URL(url).origin).toBe(provider.issuer)
  const elsewhere = openBrowser(provider.issuer)
  const callback = (await signOn(elsewhere, await elsewhere.visit(url), login)).url
  return { browser, callback }
}

/** And comes back. */
async function signedOn(login: string, query = '') {
  const { browser, callback } = await away(login, query)
  return browser.visit(callback)
}

const memberships = async (name: string) =>
  (await admin('GET', '/groups/builders/members')).body.items.some(({ user }: { user: string }) => user === name)
const roleOf = async (name: string) => (await admin('GET', `/users/${name}`)).body.systemRole

const VERIFIER = 'the-verifier-of-a-command-line-43-characters'
const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')
const commandLine = (port = 40_000) => `?cli_port=${port}&cli_challenge=${challengeOf(VERIFIER)}`

async function post(path: string, body: object) {
  const response = await fetch(`${berth.url}/sign-on${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text) }
}
const redeem = (code: string | null, more: object = {}) =>
  post('/token', { code, verifier: VERIFIER, name: 'laptop', lifetimeDays: 1, ...more })

describe('in a browser', () => {
  test('the providers are told to anybody', async () => {
    const response = await fetch(`${berth.url}/sign-on`)
    expect(await response.json()).toEqual({
      sources: [
        { name: 'company', title: 'Example <Ltd>' },
        { name: 'away', title: 'away' },
      ],
    })
  })

  test('who signed on is told who they are here, with the groups and the role that the rules give', async () => {
    const { text } = await signedOn('ada')
    expect(text).toContain('You are ada here.')
    expect(await memberships('ada')).toBe(true)
    expect(await roleOf('ada')).toBe('administrator')
    expect((await admin('GET', '/users/ada')).body).toMatchObject({ source: 'company', displayName: 'Ada Lovelace' })
  })

  test('the key of the sign-on is in a cookie that no script reads, and in no address', async () => {
    const response = await fetch(`${berth.url}/sign-on/company`, { redirect: 'manual' })
    expect(response.status).toBe(303)
    const cookie = response.headers.get('Set-Cookie') ?? ''
    expect(cookie).toMatch(/^berth-sign-on=[\w-]{43}; Path=\/sign-on; Max-Age=600; HttpOnly; SameSite=Lax$/)
    const to = new URL(response.headers.get('Location') ?? '')
    expect(to.searchParams.get('code_challenge_method')).toBe('S256')
    expect(to.searchParams.get('redirect_uri')).toBe(`${berth.url}/sign-on/company/callback`)
    expect(to.href).not.toContain(cookie.slice('berth-sign-on='.length, 40))
    const [row] = await sqlOn(berth.dataFolder, 'select content from pending_sign_ons order by expires_at desc limit 1')
    expect(String(row?.content)).not.toContain(to.searchParams.get('state') as string)
  })

  test('behind TLS, the cookie is for TLS only, and the provider is told that address', async () => {
    await using behind = await startClosed({
      BERTH_CONFIG: join(folder, 'berth.yaml'),
      BERTH_OUTBOUND_ALLOWED_PRIVATE: '127.0.0.1',
      BERTH_HTTP_PUBLIC_URL: 'https://registry.example.com',
    })
    const response = await fetch(`${behind.url}/sign-on/company`, { redirect: 'manual' })
    expect(response.headers.get('Set-Cookie')).toEndWith('; HttpOnly; SameSite=Lax; Secure')
    expect(new URL(response.headers.get('Location') ?? '').searchParams.get('redirect_uri')).toBe(
      'https://registry.example.com/sign-on/company/callback',
    )
  })

  test('the page runs nothing, loads nothing and is not kept', async () => {
    const { callback } = await away('ada')
    const response = await fetch(callback)
    expect(response.status).toBe(403)
    expect(response.headers.get('Content-Security-Policy')).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(response.headers.get('Set-Cookie')).toContain('Max-Age=0')
    expect(await response.text()).not.toMatch(/<script|style=/)
  })

  test('who left a group has left it here from the next sign-on, and who lost a role has lost it', async () => {
    await signedOn('ada')
    people.ada = { ...people.ada, groups: ['registry-admins'] }
    await signedOn('ada')
    expect([await memberships('ada'), await roleOf('ada')]).toEqual([false, 'administrator'])
    people.ada = { ...people.ada, groups: ['builders'] }
    await signedOn('ada')
    expect([await memberships('ada'), (await roleOf('ada')) ?? null]).toEqual([true, null])
  })

  test('who is in no group that may enter does not, and loses here what another group gave', async () => {
    expect((await signedOn('guest')).text).toContain('none of the groups that may enter')
    expect((await admin('GET', '/users/guest')).status).toBe(404)
    await signedOn('leaver')
    expect(await memberships('leaver')).toBe(true)
    people.leaver = { ...people.leaver, groups: ['visitors'] }
    expect((await signedOn('leaver')).text).toContain('none of the groups that may enter')
    expect(await memberships('leaver')).toBe(false)
  })

  test('the name of a local user, or one that means something else, is not taken', async () => {
    expect((await signedOn('impostor')).text).toContain('that name belongs to an account of another source')
    expect((await admin('GET', '/users/admin')).body.source).toBe('local')
    expect((await signedOn('system')).text).toContain('which is nobody&#39;s name here')
    expect((await admin('GET', '/users/system')).status).toBe(404)
  })

  test('a disabled account stays out', async () => {
    await signedOn('dora')
    expect((await admin('PATCH', '/users/dora', { state: 'disabled' })).status).toBe(200)
    expect(await until(async () => (await signedOn('dora')).text.includes('This account is disabled.'))).toBe(true)
  })

  test('a callback counts once, in the browser that began it, with its state and from its provider', async () => {
    const { browser, callback } = await away('bob')
    expect((await openBrowser(berth.url).visit(callback)).text).toContain('not begun in this browser')
    expect((await browser.visit(callback)).text).toContain('You are bob here.')
    expect((await browser.visit(callback)).text).toContain('not begun in this browser')

    const changes: Record<string, string> = { state: 'x', iss: 'https://evil.test', code: 'x' }
    for (const [name, value] of Object.entries(changes)) {
      const other = await away('bob')
      const changed = new URL(other.callback)
      changed.searchParams.set(name, value)
      const { text } = await other.browser.visit(changed.href)
      expect(text).toContain('You are not signed in')
      // It was used up.
      expect((await other.browser.visit(other.callback)).text).toContain('not begun in this browser')
    }
    const swapped = [await away('bob'), await away('bob')] as const
    expect((await swapped[0].browser.visit(swapped[1].callback)).text).toContain('You are not signed in')
    const other = await away('bob')
    const elsewhere = other.callback.replace('/company/', '/away/')
    expect((await other.browser.visit(elsewhere)).text).toContain('You are not signed in')
  })

  test('a callback counts once, though the cookie was kept', async () => {
    const begun = await fetch(`${berth.url}/sign-on/company`, { redirect: 'manual' })
    const headers = { Cookie: begun.headers.get('Set-Cookie')?.split(';')[0] ?? '' }
    const elsewhere = openBrowser(provider.issuer)
    const from = await elsewhere.visit(begun.headers.get('Location') ?? '')
    const callback = (await signOn(elsewhere, from, 'bob')).url
    expect(await (await fetch(callback, { headers })).text()).toContain('You are bob here.')
    expect(await (await fetch(callback, { headers })).text()).toContain('not begun in this browser')
  })

  test('a cookie that holds the key of something else opens nothing', async () => {
    const device = await post('/company/device', {})
    const callback = await away('bob')
    const response = await fetch(callback.callback, { headers: { Cookie: `berth-sign-on=${device.body.deviceKey}` } })
    expect(response.status).toBe(403)
    expect((await redeem(device.body.deviceKey)).status).toBe(403)
  })

  test('what the provider says of a refusal is shown as text, and nothing of it but the code', async () => {
    const browser = openBrowser(berth.url)
    const { url } = await browser.visit(`${berth.url}/sign-on/company`)
    const state = new URL(url).searchParams.get('state') as string
    const error = {
      error: '<script>alert(1)</script>',
      error_description: 'call 555 for help',
      state,
      iss: provider.issuer,
    }
    const { text } = await browser.visit(`${berth.url}/sign-on/company/callback?${new URLSearchParams(error)}`)
    expect(text).toContain('refused: &lt;script&gt;alert(1)&lt;/script&gt;')
    expect(text).not.toContain('<script>')
    expect(text).not.toContain('555')
  })

  test('a provider that is away, or not there, is said to be', async () => {
    const response = await fetch(`${berth.url}/sign-on/away`, { redirect: 'manual' })
    expect(response.status).toBe(503)
    const text = await response.text()
    expect(text).toContain('away cannot be asked now')
    expect(text).not.toContain('127.0.0.1')
    expect((await fetch(`${berth.url}/sign-on/nowhere`, { redirect: 'manual' })).status).toBe(404)
    expect((await fetch(`${berth.url}/sign-on/company/else`, { redirect: 'manual' })).status).toBe(404)
    expect((await fetch(`${berth.url}/sign-on/company`, { method: 'HEAD', redirect: 'manual' })).status).toBe(405)
  })

  test('nobody is sent elsewhere', async () => {
    const challenge = challengeOf(VERIFIER)
    const attempts = [
      `cli_port=80@evil.test&cli_challenge=${challenge}`,
      `cli_port=40000.evil.test&cli_challenge=${challenge}`,
      `cli_port=40000/&cli_challenge=${challenge}`,
      `cli_port=%2F%2Fevil.test&cli_challenge=${challenge}`,
      `cli_port=040000&cli_challenge=${challenge}`,
      `cli_port=70000&cli_challenge=${challenge}`,
      `cli_port=80&cli_challenge=${challenge}`,
      `cli_port=40000&cli_port=40001&cli_challenge=${challenge}`,
      'cli_port=40000',
      'cli_port=40000&cli_challenge=short',
      `cli_challenge=${challenge}`,
      'redirect=https://evil.test',
      'redirect_uri=https://evil.test',
      'return_to=//evil.test',
    ]
    for (const attempt of attempts) {
      const response = await fetch(`${berth.url}/sign-on/company?${attempt}`, { redirect: 'manual' })
      expect([attempt, response.status]).toEqual([attempt, 400])
      expect(response.headers.get('Location')).toBeNull()
    }
    const { browser, callback } = await away('bob')
    const { url } = await browser.visit(`${callback}&redirect=https://evil.test&cli_port=40000`)
    expect(new URL(url).origin).toBe(berth.url)
  })
})

describe('from the command line', () => {
  test('a code goes to the loopback address, and is good once for whoever began it', async () => {
    const { url } = await signedOn('bob', commandLine())
    const { origin, pathname, searchParams } = new URL(url)
    expect([origin, pathname, searchParams.get('state')]).toEqual([
      'http://127.0.0.1:40000',
      '/',
      challengeOf(VERIFIER),
    ])
    const made = await redeem(searchParams.get('code'))
    expect(made).toMatchObject({ status: 201, body: { account: 'bob' } })
    expect(made.body.token).toStartWith('berth_pat_')
    expect(made.headers.get('Cache-Control')).toBe('no-store')
    expect((await redeem(searchParams.get('code'))).status).toBe(403)
    const own = apiOf(berth.url, { name: 'bob', password: made.body.token })
    expect((await own('GET', '/account')).body).toMatchObject({ name: 'bob', authenticatedBy: 'token' })
    expect((await own('GET', '/account/tokens')).body.items[0]).toMatchObject({ name: 'laptop', id: made.body.id })
  })

  test('a code that somebody else saw is worth nothing, and lost', async () => {
    const code = new URL((await signedOn('bob', commandLine())).url).searchParams.get('code')
    expect((await redeem(code, { verifier: randomBytes(32).toString('base64url') })).status).toBe(403)
    expect((await redeem(code)).status).toBe(403)
    expect(JSON.stringify(await sqlOn(berth.dataFolder, 'select * from pending_sign_ons'))).not.toContain(
      code as string,
    )
  })

  test('a token lives as long as was asked, and no longer than tokens.longestDays', async () => {
    const code = new URL((await signedOn('bob', commandLine())).url).searchParams.get('code')
    const long = await redeem(code, { lifetimeDays: 91 })
    expect([long.status, long.body.errors[0].message]).toEqual([400, expect.stringContaining('at most 90 days')])
    const other = new URL((await signedOn('bob', commandLine())).url).searchParams.get('code')
    const { body } = await redeem(other, { lifetimeDays: 90 })
    expect(Math.round((Date.parse(body.expiresAt) - Date.now()) / 86_400_000)).toBe(90)
  })

  test('a refusal goes there too', async () => {
    const { url } = await signedOn('guest', commandLine())
    expect(new URL(url).searchParams.get('error')).toBe('access_denied')
    expect(new URL(url).searchParams.get('error_description')).toContain('none of the groups')
    expect(new URL(url).searchParams.get('code')).toBeNull()
  })

  test('what is no request is refused with what is wrong with it', async () => {
    expect((await post('/token', { code: 'x' })).status).toBe(400)
    expect((await post('/token', { code: 'x', verifier: 'x', name: 'x', lifetimeDays: 1, more: 1 })).status).toBe(400)
    const form = { method: 'POST', body: new URLSearchParams({ code: 'x' }) }
    expect((await fetch(`${berth.url}/sign-on/token`, form)).status).toBe(415)
    expect((await fetch(`${berth.url}/sign-on/device/poll`)).status).toBe(405)
  })
})

/** Confirms the code of a device, in a browser elsewhere. */
async function confirm(address: string, login: string) {
  const browser = openBrowser(provider.issuer)
  const asked = await browser.visit(address)
  const shown = await browser.visit(`${provider.issuer}/device`, asked.fields)
  return signOn(browser, await browser.visit(shown.url, shown.fields), login)
}

describe('on a device', () => {
  const wish = { name: 'a machine', lifetimeDays: 1 }

  test('a token is given once somebody confirmed, and once', async () => {
    const { body } = await post('/company/device', {})
    expect(body).toMatchObject({ intervalSeconds: 5, verificationUri: `${provider.issuer}/device` })
    const poll = () => post('/device/poll', { deviceKey: body.deviceKey, ...wish })
    expect(await poll()).toMatchObject({ status: 202, body: { pending: true, slower: false } })
    await confirm(body.verificationUriComplete, 'cleo')
    const made = await poll()
    expect(made).toMatchObject({ status: 201, body: { account: 'cleo' } })
    const own = apiOf(berth.url, { name: 'cleo', password: made.body.token })
    expect((await own('GET', '/account')).body.name).toBe('cleo')
    const again = await poll()
    expect([again.status, again.body.errors[0].message]).toEqual([403, expect.stringContaining('has ended')])
    expect(await memberships('cleo')).toBe(true)
  })

  test('who may not enter gets none, and a key that nobody was given is none', async () => {
    const { body } = await post('/company/device', {})
    await confirm(body.verificationUriComplete, 'guest')
    expect((await post('/device/poll', { deviceKey: body.deviceKey, ...wish })).status).toBe(403)
    expect((await post('/device/poll', { deviceKey: body.deviceKey, ...wish })).status).toBe(403)
    expect((await post('/device/poll', { deviceKey: 'x', ...wish })).status).toBe(403)
    expect((await post('/nowhere/device', {})).status).toBe(404)
  })

  test('a device that asks all the time has to wait', async () => {
    const { body } = await post('/company/device', {})
    const statuses: number[] = []
    for (let asked = 0; asked < 90 && !statuses.includes(429); asked += 1)
      statuses.push((await post('/device/poll', { deviceKey: body.deviceKey, ...wish })).status)
    expect(statuses.slice(0, 20).every(status => status === 202)).toBe(true)
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('berth login --sso', () => {
  const start = (args: readonly string[], env: Record<string, string> = {}, url = berth.url) => {
    const child = Bun.spawn([BERTH, 'login', url, ...args], {
      env: { ...withoutSettings(process.env), XDG_CONFIG_HOME: folder, DISPLAY: '', BROWSER: '', ...env },
      cwd: tmpdir(),
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    let said = ''
    const read = (async () => {
      for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) said += chunk
    })()
    return {
      said: async (pattern: RegExp) => {
        expect(await until(async () => pattern.test(said) || child.exitCode !== null)).toBe(true)
        return pattern.exec(said)?.[1] as string
      },
      ended: async () => {
        const [stdout, code] = await Promise.all([child.stdout.text(), child.exited, read])
        return { code, stdout, stderr: said }
      },
    }
  }
  const kept = async () => JSON.parse(await readFile(join(folder, 'berth/credentials.json'), 'utf8')).servers[berth.url]

  /** What a browser does that was given the address. Gives what the command line answered to it. */
  const followed = async (address: string, login: string) => {
    const { url } = await signedOn(login, new URL(address).search)
    expect(new URL(url).hostname).toBe('127.0.0.1')
    return fetch(url)
  }

  test('opens a browser, and keeps a token that works with crane too', async () => {
    const browser = join(folder, 'browser')
    await Bun.write(
      browser,
      `#!/bin/sh\nprintf %s "$1" > '${folder}/opened.part' && mv '${folder}/opened.part' '${folder}/opened'\n`,
    )
    await chmod(browser, 0o700)
    const command = start(['--sso', 'company', '--token-name', 'my laptop', '--json'], { BROWSER: browser })
    const opened = join(folder, 'opened')
    expect(await until(() => Bun.file(opened).exists())).toBe(true)
    const answered = await followed(await readFile(opened, 'utf8'), 'bob')
    expect([answered.status, await answered.text()]).toEqual([200, expect.stringContaining('You are signed in')])
    const { code, stdout, stderr } = await command.ended()
    expect(stderr).toContain('A browser was asked to open')
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ url: berth.url, name: 'bob' })])
    const { name, token, id } = await kept()
    expect(stdout + stderr).not.toContain(token)
    const own = apiOf(berth.url, { name, password: token })
    expect((await own('GET', '/account/tokens')).body.items).toContainEqual(
      expect.objectContaining({ id, name: 'my laptop' }),
    )
    const crane = findTool('crane')
    if (crane === undefined) return
    for (const args of [
      ['auth', 'login', berth.host, '-u', name, '-p', token],
      ['catalog', berth.host],
    ])
      expect(await Bun.spawn([crane, ...args], { env: { HOME: folder } }).exited).toBe(0)
  })

  test('prints the address where there is no browser, and heeds nobody else who comes', async () => {
    const command = start(['--sso', 'company'])
    const address = await command.said(/(http:\S+)/)
    const port = new URL(address).searchParams.get('cli_port')
    expect((await fetch(`http://127.0.0.1:${port}/?code=forged&state=x`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/else`)).status).toBe(404)
    await followed(address, 'cleo')
    expect(await command.ended()).toMatchObject({ code: 0, stdout: expect.stringContaining('as cleo. A token until') })
    expect(await kept()).toMatchObject({ name: 'cleo', token: expect.stringMatching(/^berth_pat_/) })
  })

  test('tells a refusal in the words of the server', async () => {
    const command = start(['--sso', 'company', '--no-browser'])
    const answered = await followed(await command.said(/(http:\S+)/), 'guest')
    expect(answered.status).toBe(403)
    expect(await command.ended()).toMatchObject({ code: 2, stderr: expect.stringContaining('none of the groups') })
  })

  test('by a code that is typed elsewhere', async () => {
    const command = start(['--sso', 'company', '--device'])
    await confirm(await command.said(/or (http:\S+)/), 'bob')
    expect(await command.ended()).toMatchObject({ code: 0, stdout: expect.stringContaining('as bob') })
  })

  test('says which providers there are, and which flags go together', async () => {
    expect(await start(['--sso']).ended()).toMatchObject({ code: 2, stderr: expect.stringContaining('company, away') })
    expect((await start(['--sso', 'nowhere']).ended()).stderr).toContain('no "nowhere"')
    expect((await start(['--device']).ended()).stderr).toContain('--device is for --sso')
    await using open = await startBerth()
    const without = await start(['--sso'], {}, open.url).ended()
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('has no single sign-on') })
    expect(await start(['--sso', 'away', '--device']).ended()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('away cannot be asked now'),
    })
  })
})

test('every sign-on is in the audit log: who, by what, and why not', async () => {
  const signOns = async () =>
    (await auditOf(berth)).filter(
      ({ type, actor }) =>
        type.startsWith('authentication.') &&
        (actor as { authenticatedBy?: string }).authenticatedBy === 'OpenID Connect',
    )
  for (const [who, how, why] of [
    ['ada', 'success', `company vouches for ${provider.issuer} ada`],
    ['guest', 'denied', 'none of the groups that may enter'],
    ['dora', 'denied', 'This account is disabled.'],
    ['admin', 'denied', 'belongs to an account of another source'],
    ['anonymous', 'denied', 'refused: <script>'],
    ['anonymous', 'denied', 'not begun in this browser'],
    ['anonymous', 'denied', 'The code is not valid'],
    ['cleo', 'success', 'vouches'],
  ] as const) {
    const isIt = async () =>
      (await signOns()).some(
        ({ actor, outcome, reason }) => actor.name === who && outcome === how && reason?.includes(why),
      )
    expect([who, why, await until(isIt)]).toEqual([who, why, true])
  }
  const made = (await auditOf(berth)).filter(({ type, actor }) => type === 'token.create' && actor.name === 'cleo')
  expect(made[0]?.actor).toMatchObject({ authenticatedBy: 'OpenID Connect' })
  expect(JSON.stringify(await auditOf(berth))).not.toMatch(/berth_pat_|[?&]code=/)
})

test('sign-ons from one address are limited, and who signs in otherwise is not', async () => {
  await using strict = await startClosed({
    BERTH_CONFIG: join(folder, 'berth.yaml'),
    BERTH_RATES_SIGN_ONS_COUNT: '2',
    BERTH_RATES_SIGN_ONS_WINDOW_SECONDS: '3600',
  })
  const answers: Response[] = []
  // By each process alone, and there may be several.
  while (answers.length < 10 && answers.at(-1)?.status !== 429) {
    answers.push(await fetch(`${strict.url}/sign-on/company/callback`))
  }
  expect(answers.slice(0, 2).map(({ status }) => status)).toEqual([403, 403])
  expect(answers.at(-1)?.status).toBe(429)
  expect(Number(answers.at(-1)?.headers.get('Retry-After'))).toBeGreaterThan(3000)
  expect(await answers.at(-1)?.text()).toContain('Too many sign-ons from this address')
  const response = await fetch(`${strict.url}/v2/`, { headers: { Authorization: basicOf(ADMIN) } })
  expect(response.status).toBe(200)
})
