import type { ExternalIdentity } from './external-identity.ts'
import { matchesGlob } from './workload/glob.ts'

/** Who becomes what, of those whom a source vouches for. */
export interface SourceRules<SystemRole extends string = string> {
  /** Patterns of groups of which somebody must be in one; everybody may enter when absent. */
  readonly allowed?: readonly string[]
  /** Groups here by patterns of groups there; absent: none. */
  readonly groups: readonly GroupRule[]
  /** By the whole name of a group there; the first that holds counts. */
  readonly systemRoles: readonly { readonly group: string; readonly role: SystemRole }[]
}

export interface GroupRule {
  readonly from: string
  /** The same name when absent. */
  readonly to?: string
}

export interface Roles<SystemRole extends string = string> {
  readonly groups: readonly string[]
  readonly systemRole?: SystemRole
}

/**
 * What somebody is here because of what they are there: all of it, so that it takes the place of what the last login
 * gave, and who left a group has left it here. Undefined for somebody who may not enter.
 */
export function rolesFrom<SystemRole extends string>(
  { allowed, groups, systemRoles }: SourceRules<SystemRole>,
  identity: Pick<ExternalIdentity, 'groups'>,
): Roles<SystemRole> | undefined {
  const isIn = (pattern: string) => identity.groups.some(group => matchesGlob(pattern, group))
  if (allowed && !allowed.some(isIn)) return undefined
  const here = identity.groups.flatMap(group =>
    groups.filter(({ from }) => matchesGlob(from, group)).map(({ to }) => to ?? group),
  )
  const systemRole = systemRoles.find(({ group }) => identity.groups.includes(group))?.role
  return { groups: [...new Set(here)].sort(), ...(systemRole === undefined ? {} : { systemRole }) }
}
