import type { Secret } from '../../../platform/secrets/index.ts'

/** How an LDAP directory is reached, and how a name becomes an entry in it. */
export interface LdapSettings {
  /** `ldap://host:389` or `ldaps://host:636`. */
  readonly url: string
  /** Goes over to TLS before anything else is said; with `ldap:` only. */
  readonly startTls: boolean
  /** PEM of the authorities that vouch for the server; the system's when absent. */
  readonly ca?: string
  /** For each answer, and for the whole. */
  readonly timeoutMs: number
  readonly find: FindBySearch | FindDirectly
  readonly attributes: LdapAttributes
  readonly groups?: GroupsFromAttribute | GroupsFromSearch
}

/** The service account looks for the entry, whose password is then tried. */
export interface FindBySearch {
  readonly by: 'search'
  /** Absent: without logging in. */
  readonly account?: { readonly dn: string; readonly password: Secret }
  readonly base: string
  /** RFC 4515, with `{name}`. */
  readonly filter: string
}

/** The person's name is put into a distinguished name. */
export interface FindDirectly {
  readonly by: 'dn'
  /** RFC 4514, with `{name}`. */
  readonly dn: string
}

export interface LdapAttributes {
  /** What stays when the name changes: `entryUUID`, `objectGUID`; or `dn`. */
  readonly subject: string
  readonly name: string
  readonly displayName: string
  readonly email: string
}

/** The entry itself names its groups, by their distinguished names. */
export interface GroupsFromAttribute {
  readonly from: 'attribute'
  readonly attribute: string
  /** Only groups below it count, and they are called by the value of their innermost part; else by their whole name. */
  readonly base?: string
}

export interface GroupsFromSearch {
  readonly from: 'search'
  readonly base: string
  /** RFC 4515, with `{dn}` and `{name}` of the member. */
  readonly filter: string
  readonly nameAttribute: string
  /** Groups of groups as well. */
  readonly nested: boolean
}
