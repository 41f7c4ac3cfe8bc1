import { z } from 'zod'
import {
  DEFAULT_MAX_AGE_SECONDS,
  isSecureUrl,
  type TrustedIssuer,
  usesOnce,
} from '../../features/identity/external/index.ts'
import { escapeDnValue, escapeFilterValue, fillTemplate, isFilter } from '../../stores/directories/index.ts'
import { secret } from './secret-setting.ts'

const text = z.string().min(1)
const sourceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and hyphens')
const secureUrl = z.string().refine(isSecureUrl, 'expected https://… (http on this machine only)')
const withPlace = (place: string) =>
  z.string().refine(value => value.includes(place), `expected ${place} for what somebody types`)
const filter = (place: string) =>
  withPlace(place).refine(
    value => isFilter(fillTemplate(value, { name: 'x', dn: 'x' }, escapeFilterValue)),
    'expected a search filter of RFC 4515',
  )

const SYSTEM_ROLES = ['administrator', 'auditor'] as const

/** Who becomes what, of those whom a source vouches for. */
const rules = {
  allowed: z.array(text).min(1).optional(),
  groups: z.array(z.strictObject({ from: text, to: text.optional() })).default([]),
  systemRoles: z
    .array(
      z.strictObject({
        group: z.string().regex(/^[^*]+$/, 'expected the whole name of a group, without stars'),
        role: z.enum(SYSTEM_ROLES),
      }),
    )
    .default([]),
}

const htpasswd = z.strictObject({ file: text, ...rules })

const ldapUrl = z.string().regex(/^ldaps?:\/\/(\[[0-9a-fA-F:.]+\]|[^/:@?#[\]]+)(:\d{1,5})?\/?$/, {
  error: 'expected ldap://host:389 or ldaps://host:636',
})

const ldap = z
  .strictObject({
    name: sourceName,
    url: ldapUrl,
    startTls: z.boolean().optional(),
    caFile: text.optional(),
    timeoutSeconds: z.number().positive().max(60).default(5),
    search: z
      .strictObject({
        account: z.strictObject({ dn: text, password: secret }).optional(),
        base: text,
        filter: filter('{name}').default('(&(objectClass=person)(uid={name}))'),
      })
      .optional(),
    dn: withPlace('{name}')
      .refine(value => fillTemplate(value, { name: 'x' }, escapeDnValue).includes('='), 'expected a distinguished name')
      .optional(),
    attributes: z
      .strictObject({
        subject: text.default('entryUUID'),
        name: text.default('uid'),
        displayName: text.default('cn'),
        email: text.default('mail'),
      })
      .prefault({}),
    memberOf: z.strictObject({ attribute: text.default('memberOf'), base: text.optional() }).optional(),
    groupSearch: z
      .strictObject({
        base: text,
        filter: filter('{dn}').default('(&(objectClass=groupOfNames)(member={dn}))'),
        nameAttribute: text.default('cn'),
        nested: z.boolean().default(false),
      })
      .optional(),
    ...rules,
  })
  .refine(({ search, dn }) => (search === undefined) !== (dn === undefined), 'expected either search or dn')
  .refine(({ memberOf, groupSearch }) => !(memberOf && groupSearch), 'expected memberOf or groupSearch, not both')
  .refine(({ url, startTls }) => url.startsWith('ldap:') || startTls !== true, 'startTls is for ldap: addresses')
  // Passwords in the clear are sent only by somebody who wrote that they should be.
  .transform(({ startTls, ...settings }) => ({ ...settings, startTls: startTls ?? settings.url.startsWith('ldap:') }))

const oidc = z.strictObject({
  name: sourceName,
  /** On the button of the sign-on page. */
  title: text.optional(),
  issuer: secureUrl,
  clientId: text,
  clientSecret: secret.optional(),
  clientAuthentication: z.enum(['basic', 'post']).default('basic'),
  scopes: z.array(text).default(['profile', 'email']),
  nameClaim: text.default('preferred_username'),
  groupsClaim: text.default('groups'),
  caFile: text.optional(),
  ...rules,
})

const GITHUB = /^https:\/\/token\.actions\.githubusercontent\.com(\/|$)/

const issuer = z
  .strictObject({
    issuer: secureUrl,
    kind: z.enum(['github', 'gitlab', 'kubernetes', 'generic']),
    jwksUri: secureUrl.optional(),
    caFile: text.optional(),
    maxAgeSeconds: z.number().int().min(60).max(86_400).default(DEFAULT_MAX_AGE_SECONDS),
    singleUse: z.boolean().optional(),
  })
  .refine(({ issuer, kind }) => kind === 'github' || !GITHUB.test(issuer), 'this issuer is of the kind "github"')
  .refine(
    ({ issuer, kind }) => kind === 'gitlab' || issuer !== 'https://gitlab.com',
    'this issuer is of the kind "gitlab"',
  )
  .transform(({ singleUse, ...settings }) => ({ ...settings, singleUse: singleUse ?? usesOnce(settings.kind) }))

const certificates = z.strictObject({
  name: sourceName.default('certificates'),
  caFile: text,
  /** How a trusted proxy tells which certificate its client showed. */
  header: z
    .union([z.literal('Client-Cert'), z.strictObject({ escapedPem: z.string().regex(/^[A-Za-z0-9-]+$/) })])
    .default('Client-Cert'),
  identities: z
    .array(
      z.strictObject({
        from: z.enum(['uri', 'dns', 'email', 'commonName']),
        pattern: text,
        groups: z.array(text).default([]),
      }),
    )
    .min(1),
  unitsAreGroups: z.boolean().default(false),
  ...rules,
})

/** The `identity` section: who vouches for people and pipelines, and what they become here. */
export const identitySettings = z
  .strictObject({
    htpasswd: htpasswd.optional(),
    ldap: z.array(ldap).default([]),
    oidc: z.array(oidc).default([]),
    workload: z.strictObject({ issuers: z.array(issuer).default([]) }).prefault({}),
    certificates: certificates.optional(),
  })
  .superRefine(({ htpasswd, ldap, oidc, workload, certificates }, context) => {
    const names = [...(htpasswd ? ['htpasswd'] : []), ...[...ldap, ...oidc].map(({ name }) => name)]
    if (certificates) names.push(certificates.name)
    const issuers = workload.issuers.map(({ issuer }) => issuer)
    for (const [what, list] of [
      ['source', names],
      ['issuer', issuers],
    ] as const) {
      const twice = list.find((entry, index) => list.indexOf(entry) !== index)
      if (twice !== undefined) context.addIssue({ code: 'custom', message: `the ${what} ${twice} is there twice` })
    }
  })
  .prefault({})

export type IdentitySettings = Readonly<z.output<typeof identitySettings>>
type IssuerSettings = IdentitySettings['workload']['issuers'][number]

/** @param ca the text of `caFile`. */
export function trustedIssuer({ caFile: _, jwksUri, ...settings }: IssuerSettings, ca?: string): TrustedIssuer {
  return { ...settings, ...(jwksUri === undefined ? {} : { jwksUri }), ...(ca === undefined ? {} : { ca }) }
}
