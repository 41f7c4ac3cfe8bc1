import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect, createServer, type Server } from 'node:net'
import { Unavailable } from '../../src/platform/outcome/index.ts'
import { Secret } from '../../src/platform/secrets/index.ts'
import { type LdapSettings, ldapDirectory } from '../../src/stores/directories/index.ts'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { plainConnector } from '../support/plain-outbound.ts'
import { type Slapd, startSlapd } from '../support/start-slapd.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'

const BASE = 'dc=berth,dc=test'
const person = (uid: string, ...more: string[]) =>
  [`dn: uid=${uid},ou=people,${BASE}`, 'objectClass: inetOrgPerson', `uid: ${uid}`, `sn: ${uid}`, ...more].join('\n')
const group = (name: string, ...members: string[]) =>
  [`dn: cn=${name},ou=groups,${BASE}`, 'objectClass: groupOfNames', ...members.map(member => `member: ${member}`)].join(
    '\n',
  )

const entries = (elsewhere: number) =>
  [
    `dn: ou=people,${BASE}\nobjectClass: organizationalUnit`,
    `dn: ou=groups,${BASE}\nobjectClass: organizationalUnit`,
    person('ada', 'cn: Ada Lovelace', 'mail: ada@berth.test', 'userPassword: correct-horse'),
    person('bob', 'cn: Bob', 'userPassword: bobs-password'),
    person('nobody', 'cn: Has no password'),
    `dn: uid=o\\2C(dd)*,ou=people,${BASE}\nobjectClass: inetOrgPerson\nuid: o,(dd)*\nsn: o\ncn: odd\nuserPassword: odd`,
    `dn: cn=searcher,${BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: searchers`,
    group('builders', `uid=ada,ou=people,${BASE}`),
    group('engineering', `cn=builders,ou=groups,${BASE}`, `uid=bob,ou=people,${BASE}`),
    // A circle.
    group('everybody', `cn=engineering,ou=groups,${BASE}`, `cn=everybody,ou=groups,${BASE}`),
    `dn: ou=elsewhere,ou=people,${BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:${elsewhere}/ou=people,${BASE}`,
  ].join('\n\n')

describeWithTools('ldap', 'an LDAP directory', [needTool('slapd'), needTool('ldapadd')], () => {
  let authority: Authority
  let slapd: Slapd
  let elsewhere: Server
  let visits = 0
  beforeAll(async () => {
    elsewhere = createServer(socket => {
      visits += 1
      socket.destroy()
    }).listen(0, '127.0.0.1')
    const port = (elsewhere.address() as { port: number }).port
    authority = await createAuthority()
    const pair = await authority.issue('/CN=directory', ['subjectAltName=IP:127.0.0.1'])
    slapd = await startSlapd({ entries: entries(port), tls: { ca: authority.file, ...pair } })
  })
  afterAll(async () => {
    elsewhere.close()
    await slapd[Symbol.asyncDispose]()
    await authority[Symbol.asyncDispose]()
  })

  const directory = (changes: Partial<LdapSettings> = {}) =>
    ldapDirectory(
      {
        url: `ldap://127.0.0.1:${slapd.port}`,
        startTls: false,
        timeoutMs: 5000,
        find: {
          by: 'search',
          account: { dn: `cn=searcher,${BASE}`, password: new Secret('searchers') },
          base: `ou=people,${BASE}`,
          filter: '(&(objectClass=inetOrgPerson)(uid={name}))',
        },
        attributes: { subject: 'entryUUID', name: 'uid', displayName: 'cn', email: 'mail' },
        ...changes,
      },
      plainConnector,
    )
  const enter = (name: string, password: string, changes: Partial<LdapSettings> = {}) =>
    directory(changes).authenticate(name, new Secret(password))
  const search = {
    from: 'search',
    base: `ou=groups,${BASE}`,
    filter: '(&(objectClass=groupOfNames)(member={dn}))',
    nameAttribute: 'cn',
  } as const

  test('somebody with the right password is let in, with a subject that is not the name', async () => {
    const ada = await enter('ada', 'correct-horse')
    expect(ada).toMatchObject({ name: 'ada', displayName: 'Ada Lovelace', email: 'ada@berth.test', groups: [] })
    expect(ada?.subject).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    expect((await enter('ADA', 'correct-horse'))?.subject).toBe(String(ada?.subject))
  })

  test('a wrong password, an unknown name and an entry without a password are refused alike', async () => {
    expect(await enter('ada', 'wrong')).toBeUndefined()
    expect(await enter('eve', 'correct-horse')).toBeUndefined()
    expect(await enter('nobody', 'anything')).toBeUndefined()
  })

  test('no password is a wrong password, though this directory would let it pass', async () => {
    expect(await enter('ada', '')).toBeUndefined()
    expect(await enter('ada', '', { find: { by: 'dn', dn: `uid={name},ou=people,${BASE}` } })).toBeUndefined()
  })

  test.each(['*', 'a*', 'ada)(uid=*', 'x)(|(uid=*', '*)(objectClass=*', 'ada\0', '\\61da', 'ada)(|', ''])(
    'a name cannot change the search: %j',
    async name => {
      expect(await enter(name, 'correct-horse')).toBeUndefined()
      expect(
        await enter(name, 'correct-horse', { find: { by: 'dn', dn: `uid={name},ou=people,${BASE}` } }),
      ).toBeUndefined()
    },
  )

  test.each(['ada,ou=people', `ada,ou=people,${BASE}`, 'ada+cn=x', '"ada"', 'cn=searcher'])(
    'a name cannot change the distinguished name: %j',
    async name => {
      const find = { by: 'dn', dn: `uid={name},${BASE}` } as const
      expect(await enter(name, 'correct-horse', { find })).toBeUndefined()
    },
  )

  test('a name of special characters is found as it is', async () => {
    expect(await enter('o,(dd)*', 'odd')).toMatchObject({ displayName: 'odd' })
    const find = { by: 'dn', dn: `uid={name},ou=people,${BASE}` } as const
    expect(await enter('o,(dd)*', 'odd', { find })).toMatchObject({ displayName: 'odd' })
  })

  test('the name can be put into a distinguished name, without a service account', async () => {
    const find = { by: 'dn', dn: `uid={name},ou=people,${BASE}` } as const
    expect(await enter('ada', 'correct-horse', { find, groups: { ...search, nested: false } })).toMatchObject({
      name: 'ada',
      groups: ['builders'],
    })
    expect(await enter('ada', 'wrong', { find })).toBeUndefined()
  })

  test('the subject can be the distinguished name, and is refused when the entry lacks what was asked for', async () => {
    const attributes = { name: 'uid', displayName: 'cn', email: 'mail' }
    const ada = await enter('ada', 'correct-horse', { attributes: { ...attributes, subject: 'dn' } })
    expect(ada?.subject).toBe(`uid=ada,ou=people,${BASE}`)
    await expect(
      enter('ada', 'correct-horse', { attributes: { ...attributes, subject: 'objectGUID' } }),
    ).rejects.toThrow(/gives no objectGUID/)
  })

  test('groups are searched, one step or all of them, circles included', async () => {
    expect((await enter('ada', 'correct-horse', { groups: { ...search, nested: false } }))?.groups).toEqual([
      'builders',
    ])
    const all = await enter('ada', 'correct-horse', { groups: { ...search, nested: true } })
    expect([...(all?.groups ?? [])].sort()).toEqual(['builders', 'engineering', 'everybody'])
  })

  test('groups are read from the entry, by their whole name or below a base', async () => {
    const attribute = { from: 'attribute', attribute: 'memberOf' } as const
    expect((await enter('bob', 'bobs-password', { groups: attribute }))?.groups).toEqual([
      `cn=engineering,ou=groups,${BASE}`,
    ])
    const below = { ...attribute, base: `OU=groups, ${BASE}` }
    expect((await enter('bob', 'bobs-password', { groups: below }))?.groups).toEqual(['engineering'])
    const beside = { ...attribute, base: `ou=other,${BASE}` }
    expect((await enter('bob', 'bobs-password', { groups: beside }))?.groups).toEqual([])
  })

  test('where the directory refers to another server nobody goes', async () => {
    expect(await enter('ada', 'correct-horse')).toBeDefined()
    expect(await enter('eve', 'x')).toBeUndefined()
    const find = { by: 'search', base: `ou=elsewhere,ou=people,${BASE}`, filter: '(uid={name})' } as const
    await expect(enter('ada', 'correct-horse', { find })).rejects.toThrow(Unavailable)
    expect(visits).toBe(0)
  })

  describe('over TLS', () => {
    const secured = async (): Promise<Partial<LdapSettings>[]> => [
      { startTls: true, ca: await authority.pem() },
      { url: `ldaps://127.0.0.1:${slapd.securePort}`, ca: await authority.pem() },
    ]

    test('passwords go by StartTLS or ldaps', async () => {
      for (const way of await secured()) {
        expect(await enter('ada', 'correct-horse', { ...way, groups: { ...search, nested: true } })).toMatchObject({
          name: 'ada',
        })
        expect(await enter('ada', 'wrong', way)).toBeUndefined()
      }
      const log = await slapd.log()
      expect(log).toContain('STARTTLS')
    })

    test('a directory that another authority vouches for, or of another name, hears no password', async () => {
      await using other = await createAuthority('/CN=Another')
      const before = (await slapd.log()).split('BIND dn').length
      for (const way of await secured()) {
        await expect(enter('ada', 'correct-horse', { ...way, ca: await other.pem() })).rejects.toThrow(Unavailable)
        const url = (way.url ?? `ldap://127.0.0.1:${slapd.port}`).replace('127.0.0.1', 'localhost')
        await expect(enter('ada', 'correct-horse', { ...way, url })).rejects.toThrow(Unavailable)
      }
      expect((await slapd.log()).split('BIND dn').length).toBe(before)
    })
  })

  test('a directory that is away, hangs or refuses the service account is told apart from a wrong password', async () => {
    await using hanging = hangingServer()
    const cases: Partial<LdapSettings>[] = [
      { url: 'ldap://127.0.0.1:1' },
      { url: `ldap://127.0.0.1:${hanging.port}`, timeoutMs: 200 },
      { url: `ldap://127.0.0.1:${hanging.port}`, timeoutMs: 200, startTls: true },
      {
        find: {
          by: 'search',
          account: { dn: `cn=searcher,${BASE}`, password: new Secret('wrong') },
          base: BASE,
          filter: '(uid={name})',
        },
      },
      { find: { by: 'search', base: BASE, filter: '(|(uid={name})(uid=bob))' } },
    ]
    for (const changes of cases) {
      await expect(enter('ada', 'correct-horse', changes)).rejects.toThrow(Unavailable)
    }
  })

  test.each([2, 3])('what is slipped in before TLS begins is not taken for an answer (message %d)', async message => {
    await using between = injectingProxy(slapd.port, message)
    const find = { by: 'dn', dn: `uid={name},ou=people,${BASE}` } as const
    const way = { url: `ldap://127.0.0.1:${between.port}`, startTls: true, ca: await authority.pem(), find }
    expect(await enter('ada', 'correct-horse', way)).toMatchObject({ name: 'ada' })
    expect(await enter('ada', 'wrong', way)).toBeUndefined()
  })
})

function hangingServer() {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

/**
 * Lets everything through, and adds to the answer to StartTLS the beginning of another: that the bind with this number
 * succeeded. It lacks its last byte, so that a parser which goes on with it takes the first byte that comes over TLS.
 */
function injectingProxy(upstream: number, message: number) {
  const bound = Buffer.from(`300d0201${message.toString(16).padStart(2, '0')}61080a010004000401`, 'hex')
  const server = createServer(socket => {
    const behind = connect(upstream, '127.0.0.1')
    for (const side of [socket, behind]) side.on('error', () => undefined)
    socket.pipe(behind)
    behind.once('data', (answer: Buffer) => {
      socket.write(Buffer.concat([answer, bound]))
      behind.pipe(socket)
    })
  }).listen(0, '127.0.0.1')
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
