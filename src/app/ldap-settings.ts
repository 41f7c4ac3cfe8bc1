import type { Secret } from '../platform/secrets/index.ts'
import type { LdapSettings } from '../stores/directories/index.ts'
import type { IdentitySettings } from './config/identity-settings.ts'

/** What the configuration says of a directory, as the directory's client takes it. */
export function ldapSettings(
  settings: IdentitySettings['ldap'][number],
  { password, ca }: { readonly password?: Secret | undefined; readonly ca?: string | undefined },
): LdapSettings {
  const { url, startTls, timeoutSeconds, attributes } = settings
  const groups = groupsOf(settings)
  return {
    url,
    startTls,
    timeoutMs: timeoutSeconds * 1000,
    find: findOf(settings, password),
    attributes,
    ...(ca === undefined ? {} : { ca }),
    ...(groups ? { groups } : {}),
  }
}

function findOf({ search, dn }: IdentitySettings['ldap'][number], password: Secret | undefined): LdapSettings['find'] {
  if (!search) return { by: 'dn', dn: dn ?? '' }
  const { account, base, filter } = search
  return { by: 'search', base, filter, ...(account && password ? { account: { dn: account.dn, password } } : {}) }
}

function groupsOf({ memberOf, groupSearch }: IdentitySettings['ldap'][number]): LdapSettings['groups'] {
  if (groupSearch) return { from: 'search', ...groupSearch }
  if (!memberOf) return undefined
  const { attribute, base } = memberOf
  return { from: 'attribute', attribute, ...(base === undefined ? {} : { base }) }
}
