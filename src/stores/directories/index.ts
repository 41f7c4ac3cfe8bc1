export type { Directory, DirectoryEntry } from './directory.ts'
export { type HtpasswdOptions, htpasswdDirectory } from './htpasswd.ts'
export type { Connector } from './ldap/connect.ts'
export { escapeDnValue, escapeFilterValue, fillTemplate } from './ldap/escape.ts'
export { isFilter } from './ldap/is-filter.ts'
export { ldapDirectory } from './ldap/ldap.ts'
export type {
  FindBySearch,
  FindDirectly,
  GroupsFromAttribute,
  GroupsFromSearch,
  LdapAttributes,
  LdapSettings,
} from './ldap/settings.ts'
