import { expect, test } from 'bun:test'
import { parse } from 'yaml'
import { Secret } from '../../platform/secrets/index.ts'
import { identitySettings } from './identity-settings.ts'

const problems = (settings: string): readonly string[] => {
  const parsed = identitySettings.safeParse(parse(settings))
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('nothing is a source unless it is configured', () => {
  expect(identitySettings.parse(undefined)).toEqual({ ldap: [], oidc: [], workload: { issuers: [] } })
})

test('every source has its settings, with secrets beside them or in files', () => {
  const settings = identitySettings.parse(
    parse(`
htpasswd: { file: /etc/berth/htpasswd }
ldap:
  - name: company
    url: ldap://directory.example
    search:
      account: { dn: 'cn=berth,dc=example', password: { file: /run/secrets/ldap } }
      base: ou=people,dc=example
    groupSearch: { base: 'ou=groups,dc=example' }
    groups: [{ from: 'eng-*' }]
    systemRoles: [{ group: admins, role: administrator }]
oidc:
  - { name: sso, issuer: https://sso.example, clientId: berth, clientSecret: hidden }
workload:
  issuers:
    - { issuer: https://token.actions.githubusercontent.com, kind: github }
    - { issuer: https://kubernetes.default.svc, kind: kubernetes, jwksUri: https://10.0.0.1/openid/v1/jwks }
certificates:
  caFile: /etc/berth/clients.pem
  identities: [{ from: uri, pattern: 'spiffe://acme/**' }]
`),
  )
  expect(settings.ldap[0]).toMatchObject({
    startTls: true,
    timeoutSeconds: 5,
    search: { filter: '(&(objectClass=person)(uid={name}))', account: { password: { file: '/run/secrets/ldap' } } },
    groupSearch: { nested: false, nameAttribute: 'cn' },
  })
  expect(settings.oidc[0]).toMatchObject({ clientSecret: { value: new Secret('hidden') }, groupsClaim: 'groups' })
  expect(settings.workload.issuers.map(({ singleUse }) => singleUse)).toEqual([true, false])
})

const LDAP = 'name: a, url: ldaps://h'
test.each([
  [`ldap: [{ ${LDAP} }]`, 'ldap.0: expected either search or dn'],
  [`ldap: [{ ${LDAP}, dn: 'uid=x,dc=y' }]`, 'ldap.0.dn: expected {name} for what somebody types'],
  [`ldap: [{ ${LDAP}, dn: '{name}' }]`, 'ldap.0.dn: expected a distinguished name'],
  [
    `ldap: [{ ${LDAP}, search: { base: b, filter: '(uid={name}' } }]`,
    'ldap.0.search.filter: expected a search filter of RFC 4515',
  ],
  [`ldap: [{ ${LDAP}, dn: 'uid={name}', startTls: true }]`, 'ldap.0: startTls is for ldap: addresses'],
  [
    `ldap: [{ name: a, url: 'ldap://user@h', dn: 'uid={name}' }]`,
    'ldap.0.url: expected ldap://host:389 or ldaps://host:636',
  ],
  [
    `ldap: [{ name: 'A B', url: 'ldap://h', dn: 'uid={name}' }]`,
    'ldap.0.name: expected lower-case letters, digits and hyphens',
  ],
  [
    'oidc: [{ name: a, issuer: http://sso.example, clientId: b }]',
    'oidc.0.issuer: expected https://… (http on this machine only)',
  ],
  [
    "oidc: [{ name: a, issuer: https://s, clientId: b, systemRoles: [{ group: 'a*', role: administrator }] }]",
    'oidc.0.systemRoles.0.group: expected the whole name of a group, without stars',
  ],
  [
    'oidc: [{ name: a, issuer: https://s, clientId: b }, { name: a, issuer: https://t, clientId: b }]',
    ': the source a is there twice',
  ],
  [
    'workload: { issuers: [{ issuer: https://token.actions.githubusercontent.com, kind: generic }] }',
    'workload.issuers.0: this issuer is of the kind "github"',
  ],
  [
    'workload: { issuers: [{ issuer: https://gitlab.com, kind: generic }] }',
    'workload.issuers.0: this issuer is of the kind "gitlab"',
  ],
  [
    'certificates: { caFile: a, identities: [] }',
    'certificates.identities: Too small: expected array to have >=1 items',
  ],
])('%s', (settings, problem) => {
  expect(problems(settings)).toEqual([problem])
})
