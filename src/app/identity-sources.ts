import {
  type CertificateSettings,
  directorySource,
  oidcSource,
  type PasswordSource,
  type Requests,
  readAuthorities,
  type SignOnSource,
  type SourceRules,
  type TrustedIssuer,
} from '../features/identity/external/index.ts'
import type { Clock } from '../platform/clock/index.ts'
import { type Connector, htpasswdDirectory, ldapDirectory } from '../stores/directories/index.ts'
import { type IdentitySettings, trustedIssuer } from './config/identity-settings.ts'
import { ldapSettings } from './ldap-settings.ts'
import { readPem, readSecret, readText } from './read-settings.ts'

/** Everybody who vouches for people and pipelines here. */
export interface IdentitySources {
  /** In the order in which they are asked. */
  readonly passwords: readonly PasswordSource[]
  readonly signOns: readonly SignOnSource[]
  readonly issuers: readonly TrustedIssuer[]
  readonly certificates?: CertificateSettings
  /** By the name of the source. */
  readonly rules: ReadonlyMap<string, SourceRules<'administrator' | 'auditor'>>
}

export interface SourceOptions {
  readonly outbound: Requests & Connector
  readonly clock: Clock
  /** Told of what in a password file lets nobody in. */
  complain(complaint: string): void
}

/** Reads the files that the settings name. @throws CommandError for one that cannot be used, by its setting. */
export async function openIdentitySources(
  { htpasswd, ldap, oidc, workload, certificates }: IdentitySettings,
  { outbound, clock, complain }: SourceOptions,
): Promise<IdentitySources> {
  const named = [...(htpasswd ? [{ ...htpasswd, name: 'htpasswd' }] : []), ...ldap, ...oidc]
  const all = certificates ? [...named, certificates] : named
  const directories = await Promise.all(
    ldap.map(async (settings, index) => {
      const at = `identity.ldap.${index}`
      const account = settings.search?.account
      const password = account && (await readSecret(`${at}.search.account.password.file`, account.password))
      const ca = await readPem(`${at}.caFile`, settings.caFile)
      return directorySource(settings.name, ldapDirectory(ldapSettings(settings, { password, ca }), outbound))
    }),
  )
  // It is read again whenever it changed; one that is not there from the beginning is a mistake.
  if (htpasswd) await readText('identity.htpasswd.file', htpasswd.file)
  return {
    passwords: [
      ...(htpasswd ? [directorySource('htpasswd', htpasswdDirectory({ file: htpasswd.file, complain }))] : []),
      ...directories,
    ],
    signOns: await Promise.all(
      oidc.map((settings, index) => openSignOn(`identity.oidc.${index}`, settings, outbound, clock)),
    ),
    issuers: await Promise.all(
      workload.issuers.map(async (issuer, index) =>
        trustedIssuer(issuer, await readPem(`identity.workload.issuers.${index}.caFile`, issuer.caFile)),
      ),
    ),
    ...(certificates ? { certificates: await openCertificates(certificates) } : {}),
    rules: new Map(all.map(({ name, ...rules }) => [name, rulesOf(rules)])),
  }
}

async function openSignOn(
  at: string,
  { caFile, clientSecret, name, issuer, clientId, clientAuthentication, ...rest }: IdentitySettings['oidc'][number],
  outbound: Requests,
  clock: Clock,
): Promise<SignOnSource> {
  const { scopes, nameClaim, groupsClaim } = rest
  const ca = await readPem(`${at}.caFile`, caFile)
  const secret = clientSecret && (await readSecret(`${at}.clientSecret.file`, clientSecret))
  const settings = { name, issuer, clientId, clientAuthentication, scopes, nameClaim, groupsClaim }
  const optional = { ...(secret ? { clientSecret: secret } : {}), ...(ca === undefined ? {} : { ca }) }
  return oidcSource({ ...settings, ...optional }, outbound, clock)
}

async function openCertificates({
  name,
  caFile,
  header,
  identities,
  unitsAreGroups,
}: NonNullable<IdentitySettings['certificates']>): Promise<CertificateSettings> {
  return {
    source: { name, rules: identities, unitsAreGroups },
    form: header === 'Client-Cert' ? { form: 'rfc9440' } : { form: 'escaped-pem', header: header.escapedPem },
    authorities: readAuthorities(await readPem('identity.certificates.caFile', caFile)),
  }
}

function rulesOf({
  allowed,
  groups,
  systemRoles,
}: Pick<IdentitySettings['ldap'][number], 'allowed' | 'groups' | 'systemRoles'>) {
  return {
    ...(allowed === undefined ? {} : { allowed }),
    groups: groups.map(({ from, to }) => ({ from, ...(to === undefined ? {} : { to }) })),
    systemRoles,
  }
}
