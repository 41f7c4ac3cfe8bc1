import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { basic, registryToken } from '../support/identities.ts'
import { blobOf } from '../support/registry-client.ts'
import { auditOf, until, untilLogged, userOf } from '../support/sign-in.ts'
import { type Slapd, startSlapd } from '../support/start-slapd.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'
import { asAdmin, type Configured, runClient, smallImage, startConfigured } from './configured.ts'

const BASE = 'dc=berth,dc=test'
const PASSWORDS = { ada: 'ada-of-the-directory', bob: 'bob-of-the-directory', eve: 'eve-of-the-directory' }
const person = (uid: string, password: string) =>
  `dn: uid=${uid},ou=people,${BASE}\nobjectClass: inetOrgPerson\nuid: ${uid}\nsn: ${uid}\ncn: ${uid}\nuserPassword: ${password}`
const group = (name: string, ...members: string[]) =>
  [
    `dn: cn=${name},ou=groups,${BASE}`,
    'objectClass: groupOfNames',
    ...members.map(uid => `member: uid=${uid},ou=people,${BASE}`),
  ].join('\n')
const ENTRIES = [
  `dn: ou=people,${BASE}\nobjectClass: organizationalUnit`,
  `dn: ou=groups,${BASE}\nobjectClass: organizationalUnit`,
  ...Object.entries(PASSWORDS).map(([uid, password]) => person(uid, password)),
  person('Local', 'local-of-the-directory'),
  person('root', 'root-of-the-directory'),
  `dn: cn=searcher,${BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: searchers`,
  group('staff', 'ada', 'bob', 'Local', 'root'),
  group('builders', 'ada', 'bob'),
  group('admins', 'root'),
].join('\n\n')

describeWithTools('ldap', 'people of an LDAP directory', ['slapd', 'ldapadd', 'ldapmodify'].map(needTool), () => {
  let authority: Authority
  let slapd: Slapd
  let running: Configured
  const settings = (folder: string, changes: object = {}) => ({
    outbound: { allowedPrivate: ['127.0.0.0/8'] },
    identity: {
      ldap: [
        {
          name: 'company',
          url: `ldap://127.0.0.1:${slapd.port}`,
          caFile: authority.file,
          timeoutSeconds: 2,
          search: {
            account: { dn: `cn=searcher,${BASE}`, password: { file: join(folder, 'searcher') } },
            base: `ou=people,${BASE}`,
          },
          groupSearch: { base: `ou=groups,${BASE}` },
          allowed: ['staff'],
          groups: [{ from: 'builders', to: 'shipwrights' }],
          systemRoles: [{ group: 'admins', role: 'administrator' }],
        },
      ],
    },
    ...changes,
  })
  const withPassword = async (folder: string) => void (await Bun.write(join(folder, 'searcher'), 'searchers\n'))
  beforeAll(async () => {
    authority = await createAuthority()
    const pair = await authority.issue('/CN=directory', ['subjectAltName=IP:127.0.0.1'])
    slapd = await startSlapd({ entries: ENTRIES, tls: { ca: authority.file, ...pair } })
    running = await startConfigured(async folder => {
      await withPassword(folder)
      return settings(folder)
    })
    await running.project('ships', { '@shipwrights': 'developer' })
    await userOf(running.admin, 'local')
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await slapd[Symbol.asyncDispose]()
    await authority[Symbol.asyncDispose]()
  })

  const begin = (name: string, password: string, repository = 'ships/app') =>
    running.told(running.ask('POST', `${repository}/blobs/uploads/`, { headers: basic(name, password) }))
  const enter = (name: string, password: string) =>
    running.told(running.ask('GET', '', { headers: basic(name, password) }))

  test('somebody signs in by Basic, and a group there is a role here', async () => {
    expect((await enter('ada', PASSWORDS.ada)).status).toBe(200)
    expect((await begin('ada', PASSWORDS.ada)).status).toBe(202)
    expect(await begin('ada', 'wrong')).toEqual({
      status: 401,
      message: 'The user name or the password is wrong.',
    })
    expect((await running.admin('GET', '/groups/shipwrights/members')).body.items).toContainEqual({
      user: 'ada',
      source: 'company',
    })
  })

  test('crane and skopeo sign in, push and pull', async () => {
    const layout = await smallImage(join(running.folder, 'layout'))
    const home = running.folder
    const { host } = running.berth
    expect(await runClient(home, 'crane auth login -u ada -p', [PASSWORDS.ada, host])).toMatchObject({ code: 0 })
    expect(await runClient(home, 'crane --insecure push --index', [layout, `${host}/ships/crane:1`])).toMatchObject({
      code: 0,
    })
    expect(await runClient(home, 'skopeo login --tls-verify=false -u ada -p', [PASSWORDS.ada, host])).toMatchObject({
      code: 0,
    })
    const to = `docker://${host}/ships/skopeo:1`
    expect(await runClient(home, 'skopeo copy --dest-tls-verify=false', [`oci:${layout}:small`, to])).toMatchObject({
      code: 0,
    })
    expect(await runClient(home, 'skopeo inspect --tls-verify=false', [to])).toMatchObject({ code: 0 })
  })

  test('who left the group there has lost the role by the next sign-in', async () => {
    expect((await begin('bob', PASSWORDS.bob)).status).toBe(202)
    await slapd.change(
      `dn: cn=builders,ou=groups,${BASE}\nchangetype: modify\ndelete: member\nmember: uid=bob,ou=people,${BASE}\n`,
    )
    expect((await enter('bob', PASSWORDS.bob)).status).toBe(200)
    // On PostgreSQL another replica, or this one, may go on with what it read for two seconds.
    expect(await until(async () => (await begin('bob', PASSWORDS.bob)).status === 403)).toBe(true)
  })

  test('a group there can make an administrator', async () => {
    const projects = await fetch(`${running.berth.url}/api/v1/users`, {
      headers: basic('root', 'root-of-the-directory'),
    })
    expect(projects.status).toBe(200)
  })

  test('somebody outside of the allowed groups is told so, and it is recorded', async () => {
    const told = 'company knows you, but you are in none of the groups that may enter.'
    expect(await enter('eve', PASSWORDS.eve)).toEqual({ status: 401, message: told })
    const { host } = running.berth
    // `skopeo login` itself says no more than "invalid username/password".
    const credentials = `--creds=eve:${PASSWORDS.eve}`
    const inspect = await runClient(running.folder, 'skopeo inspect --tls-verify=false', [
      credentials,
      `docker://${host}/ships/app:1`,
    ])
    const home = join(running.folder, 'eve')
    await runClient(running.folder, 'crane auth login -u eve -p', [PASSWORDS.eve, host], { DOCKER_CONFIG: home })
    const list = await runClient(running.folder, 'crane --insecure ls', [`${host}/ships/app`], { DOCKER_CONFIG: home })
    for (const { code, output } of [inspect, list]) {
      expect(code).not.toBe(0)
      expect(output).toContain(told)
    }
    const refused = async () =>
      (await auditOf(running.berth)).some(
        ({ type, outcome, reason, actor }) =>
          type === 'authentication.failed' && outcome === 'denied' && reason === told && actor.name === 'eve',
      )
    expect(await until(refused)).toBe(true)
  })

  test('a name that somebody else has here is refused, and theirs stays', async () => {
    // The directory takes names in any case.
    const answer = await enter('LOCAL', 'local-of-the-directory')
    expect(answer.status).toBe(401)
    expect(answer.message).toContain('belongs to an account of another source here')
    expect((await enter('local', 'local-of-the-directory')).status).toBe(401)
    expect((await enter('local', 'locals-long-password')).status).toBe(200)
  })

  test('a private address is asked only where the settings allow it, and the log says which setting', async () => {
    await using strict = await startConfigured(async folder => {
      await withPassword(folder)
      return settings(folder, { outbound: {} })
    })
    const answer = await strict.told(strict.ask('GET', '', { headers: basic('ada', PASSWORDS.ada) }))
    expect(answer.status).toBe(503)
    expect(answer.message).not.toContain('127.0.0.1')
    expect(await untilLogged(strict.berth, 'outbound.allowedPrivate')).toBe(true)
  })

  test('an outage there is no wrong password, and people who are local still sign in', async () => {
    const token = await registryToken(running.berth.url, basic('ada', PASSWORDS.ada), 'repository:ships/app:push')
    await slapd.stop()
    expect((await enter('ada', PASSWORDS.ada)).status).toBe(503)
    const login = await fetch(`${running.berth.url}/token?service=x`, { headers: basic('ada', PASSWORDS.ada) })
    expect(login.status).toBe(503)
    const form = { grant_type: 'password', username: 'ada', password: PASSWORDS.ada, client_id: 'test', service: 'x' }
    const posted = await fetch(`${running.berth.url}/token`, { method: 'POST', body: new URLSearchParams(form) })
    expect(posted.status).toBe(503)
    expect((await enter('local', 'locals-long-password')).status).toBe(200)
    expect((await running.ask('GET', '', { headers: asAdmin })).status).toBe(200)
    const { digest } = blobOf('nothing')
    const held = await running.ask('HEAD', `ships/app/blobs/${digest}`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    expect(held.status).toBe(404)
  })
})

describe('people of a password file', () => {
  let running: Configured
  const write = async (folder: string, people: Readonly<Record<string, string>>) => {
    const lines = Object.entries(people).map(
      async ([name, password]) => `${name}:${await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })}`,
    )
    await Bun.write(join(folder, 'htpasswd'), `${(await Promise.all(lines)).join('\n')}\nplain:text\n`)
  }
  beforeAll(async () => {
    running = await startConfigured(async folder => {
      await write(folder, { grace: 'grace-of-the-file' })
      return { identity: { htpasswd: { file: join(folder, 'htpasswd') } } }
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const status = async (name: string, password: string) =>
    (await running.ask('GET', '', { headers: basic(name, password) })).status

  test('sign in, and a file that changed counts without a restart', async () => {
    expect(await status('grace', 'grace-of-the-file')).toBe(200)
    expect(await status('grace', 'wrong')).toBe(401)
    expect(await status('joan', 'joan-of-the-file')).toBe(401)
    expect(await status('plain', 'text')).toBe(401)
    await write(running.folder, { joan: 'joan-of-the-file' })
    expect(await status('joan', 'joan-of-the-file')).toBe(200)
    expect(await status('grace', 'grace-of-the-file')).toBe(401)
  })

  test('nobody has the name of a robot, or one that means something else', async () => {
    const people = { 'yard+ci': 'of-the-file', token: 'of-the-file', 'grace+ci@yard.example': 'of-the-file' }
    await write(running.folder, people)
    const statuses = await Promise.all(Object.entries(people).map(([name, password]) => status(name, password)))
    expect(statuses).toEqual([401, 401, 200])
    expect((await running.admin('GET', '/users')).body.items.map(({ name }: { name: string }) => name)).not.toContain(
      'yard+ci',
    )
  })

  test('a line that lets nobody in is told by its number and not by what it holds', () => {
    expect(running.berth.log()).toMatch(/htpasswd, line \d: not a bcrypt hash/)
    expect(running.berth.log()).not.toContain('plain:text')
  })
})
