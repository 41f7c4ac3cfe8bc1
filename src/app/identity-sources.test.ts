import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { createAuthority } from '../../test/support/certificates.ts'
import { plainConnector, plainRequests } from '../../test/support/plain-outbound.ts'
import { rolesFrom } from '../features/identity/external/index.ts'
import { Secret } from '../platform/secrets/index.ts'
import { identitySettings } from './config/identity-settings.ts'
import { openIdentitySources } from './identity-sources.ts'
import { ldapSettings } from './ldap-settings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-sources-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const open = (settings: string) =>
  openIdentitySources(identitySettings.parse(parse(settings)), {
    outbound: { ...plainRequests(), ...plainConnector },
    clock: Date.now,
    complain: () => undefined,
  })

test('the sources of the configuration are there, each with its rules', async () => {
  await using authority = await createAuthority()
  const [file, secret] = [join(folder, 'htpasswd'), join(folder, 'secret')]
  await writeFile(file, `ada:${await Bun.password.hash('correct-horse', { algorithm: 'bcrypt', cost: 4 })}\n`)
  await writeFile(secret, 'hidden\n')
  const sources = await open(`
htpasswd: { file: ${file} }
ldap:
  - name: company
    url: ldaps://directory.example
    caFile: ${authority.file}
    search: { account: { dn: 'cn=x', password: { file: ${secret} } }, base: 'dc=x' }
    groups: [{ from: 'eng-*' }, { from: builders, to: pushers }]
    systemRoles: [{ group: admins, role: administrator }]
oidc: [{ name: sso, issuer: https://sso.example, clientId: berth, clientSecret: { file: ${secret} } }]
workload: { issuers: [{ issuer: https://gitlab.com, kind: gitlab, caFile: ${authority.file} }] }
certificates: { caFile: ${authority.file}, identities: [{ from: uri, pattern: '**' }] }
`)
  expect(sources.passwords.map(({ name }) => name)).toEqual(['htpasswd', 'company'])
  expect(sources.signOns.map(({ name }) => name)).toEqual(['sso'])
  expect(sources.issuers).toEqual([
    { issuer: 'https://gitlab.com', kind: 'gitlab', maxAgeSeconds: 3600, singleUse: true, ca: await authority.pem() },
  ])
  expect(sources.certificates?.authorities).toHaveLength(1)
  expect([...sources.rules.keys()]).toEqual(['htpasswd', 'company', 'sso', 'certificates'])
  const ada = await sources.passwords[0]?.authenticate('ada', new Secret('correct-horse'))
  expect(ada).toEqual({ source: 'htpasswd', subject: 'ada', name: 'ada', groups: [] })
  const rules = sources.rules.get('company')
  expect(rules && rolesFrom(rules, { groups: ['eng-web', 'builders', 'admins'] })).toEqual({
    groups: ['eng-web', 'pushers'],
    systemRole: 'administrator',
  })
})

test('a file that the settings name must be there', async () => {
  await expect(
    open(`oidc: [{ name: sso, issuer: https://s, clientId: b, clientSecret: { file: ${folder}/none } }]`),
  ).rejects.toThrow('ENOENT')
})

test('a directory’s settings are told to its client as they are', () => {
  const settings = (yaml: string) => identitySettings.parse({ ldap: [parse(yaml)] }).ldap[0] as never
  const password = new Secret('x')
  expect(
    ldapSettings(
      settings(`
name: a
url: ldap://h
search: { account: { dn: 'cn=x', password: y }, base: 'dc=x', filter: '(cn={name})' }
groupSearch: { base: 'dc=g', nested: true }
`),
      { password, ca: 'PEM' },
    ),
  ).toEqual({
    url: 'ldap://h',
    startTls: true,
    ca: 'PEM',
    timeoutMs: 5000,
    find: { by: 'search', account: { dn: 'cn=x', password }, base: 'dc=x', filter: '(cn={name})' },
    attributes: { subject: 'entryUUID', name: 'uid', displayName: 'cn', email: 'mail' },
    groups: {
      from: 'search',
      base: 'dc=g',
      filter: '(&(objectClass=groupOfNames)(member={dn}))',
      nameAttribute: 'cn',
      nested: true,
    },
  })
  const direct = settings(`{ name: a, url: 'ldaps://h', dn: 'uid={name}', memberOf: { base: 'ou=g' } }`)
  expect(ldapSettings(direct, {})).toMatchObject({
    startTls: false,
    find: { by: 'dn', dn: 'uid={name}' },
    groups: { from: 'attribute', attribute: 'memberOf', base: 'ou=g' },
  })
})
