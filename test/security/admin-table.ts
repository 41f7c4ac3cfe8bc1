import type { CallerName } from './matrix-table.ts'

/**
 * Who may ask for an operation of the administration API: written down by hand.
 * somebody: whoever is signed in, restricted tokens too. themselves: people, by a token that is not restricted.
 * The others are roles of the system, and permissions in the project that the path names, or in the repository that the
 * query names.
 */
type Who =
  | 'somebody'
  | 'themselves'
  | 'catalog'
  | 'creators'
  | 'registry: sees'
  | 'registry: reads audit'
  | 'registry: manages'
  | 'project: sees'
  | 'project: reads audit'
  | 'project: manages members'
  | 'project: manages policy'
  | 'project: manages it'
  | 'repository: pulls'
  | 'repository: pushes'
  | 'repository: scans'
  | 'repository: manages policy'

export const ADMINISTRATION: Readonly<Record<string, Who>> = {
  'get /api/v1/account': 'somebody',
  'get /api/v1/limits': 'somebody',
  'put /api/v1/account/password': 'themselves',
  'get /api/v1/account/tokens': 'themselves',
  'post /api/v1/account/tokens': 'themselves',
  'post /api/v1/account/tokens/{token}/rotate': 'themselves',
  'delete /api/v1/account/tokens/{token}': 'themselves',
  'get /api/v1/users': 'registry: sees',
  'post /api/v1/users': 'registry: manages',
  'get /api/v1/users/{user}': 'registry: sees',
  'patch /api/v1/users/{user}': 'registry: manages',
  'delete /api/v1/users/{user}': 'registry: manages',
  'get /api/v1/users/{user}/tokens': 'registry: manages',
  'delete /api/v1/users/{user}/tokens/{token}': 'registry: manages',
  'get /api/v1/groups': 'registry: sees',
  'post /api/v1/groups': 'registry: manages',
  'delete /api/v1/groups/{group}': 'registry: manages',
  'get /api/v1/groups/{group}/members': 'registry: sees',
  'put /api/v1/groups/{group}/members/{user}': 'registry: manages',
  'delete /api/v1/groups/{group}/members/{user}': 'registry: manages',
  'get /api/v1/roles': 'somebody',
  'put /api/v1/roles/{role}': 'registry: manages',
  'delete /api/v1/roles/{role}': 'registry: manages',
  'get /api/v1/projects': 'catalog',
  'post /api/v1/projects': 'creators',
  'get /api/v1/projects/{project}': 'project: sees',
  'patch /api/v1/projects/{project}': 'project: manages it',
  'delete /api/v1/projects/{project}': 'project: manages it',
  'patch /api/v1/projects/{project}/policy': 'project: manages policy',
  'post /api/v1/projects/{project}/break-glass': 'project: manages policy',
  'delete /api/v1/projects/{project}/break-glass': 'project: manages policy',
  'get /api/v1/projects/{project}/tags/{tag}/history': 'project: sees',
  'put /api/v1/projects/{project}/tags/{tag}': 'project: sees',
  'delete /api/v1/projects/{project}/tags/{tag}': 'project: sees',
  'post /api/v1/projects/{project}/tags/{tag}/restore': 'project: sees',
  'post /api/v1/projects/{project}/rename-repository': 'project: manages it',
  'post /api/v1/projects/{project}/rename': 'project: manages it',
  'get /api/v1/projects/{project}/redirects': 'project: sees',
  'delete /api/v1/projects/{project}/redirects': 'project: manages it',
  'get /api/v1/projects/{project}/members': 'project: sees',
  'post /api/v1/projects/{project}/members': 'project: manages members',
  'delete /api/v1/projects/{project}/members/{member}': 'project: manages members',
  'get /api/v1/projects/{project}/trust-rules': 'project: manages policy',
  'post /api/v1/projects/{project}/trust-rules': 'project: manages policy',
  'delete /api/v1/projects/{project}/trust-rules/{rule}': 'project: manages policy',
  'get /api/v1/projects/{project}/robots': 'project: manages members',
  'post /api/v1/projects/{project}/robots': 'project: manages members',
  'get /api/v1/projects/{project}/robots/{robot}': 'project: manages members',
  'patch /api/v1/projects/{project}/robots/{robot}': 'project: manages members',
  'delete /api/v1/projects/{project}/robots/{robot}': 'project: manages members',
  'get /api/v1/projects/{project}/robots/{robot}/tokens': 'project: manages members',
  'post /api/v1/projects/{project}/robots/{robot}/tokens': 'project: manages members',
  'post /api/v1/projects/{project}/robots/{robot}/tokens/{token}/rotate': 'project: manages members',
  'delete /api/v1/projects/{project}/robots/{robot}/tokens/{token}': 'project: manages members',
  'get /api/v1/projects/{project}/retention': 'project: sees',
  'put /api/v1/projects/{project}/retention': 'project: manages policy',
  'delete /api/v1/projects/{project}/retention': 'project: manages policy',
  'post /api/v1/projects/{project}/retention/import': 'project: manages policy',
  'post /api/v1/projects/{project}/retention/enforcement': 'project: manages policy',
  'delete /api/v1/projects/{project}/retention/enforcement': 'project: manages policy',
  'post /api/v1/projects/{project}/retention/preview': 'project: manages policy',
  'post /api/v1/projects/{project}/retention/runs': 'project: manages policy',
  'get /api/v1/projects/{project}/retention/runs': 'project: sees',
  'get /api/v1/projects/{project}/retention/runs/{run}': 'project: sees',
  'post /api/v1/projects/{project}/retention/runs/{run}/stop': 'project: manages policy',
  'get /api/v1/projects/{project}/retention/runs/{run}/items': 'project: reads audit',
  'get /api/v1/projects/{project}/immutability-rules': 'project: sees',
  'put /api/v1/projects/{project}/immutability-rules/{rule}': 'project: manages policy',
  'delete /api/v1/projects/{project}/immutability-rules/{rule}': 'project: manages policy',
  'post /api/v1/projects/{project}/immutability-preview': 'project: manages policy',
  'get /api/v1/immutability-rules': 'registry: sees',
  'put /api/v1/immutability-rules/{rule}': 'registry: manages',
  'delete /api/v1/immutability-rules/{rule}': 'registry: manages',
  'post /api/v1/immutability-preview': 'registry: sees',
  'get /api/v1/projects/{project}/locks': 'project: sees',
  'post /api/v1/projects/{project}/locks': 'project: manages policy',
  'delete /api/v1/projects/{project}/locks': 'project: manages policy',
  'get /api/v1/projects/{project}/vulnerability-policy': 'project: sees',
  'put /api/v1/projects/{project}/vulnerability-policy': 'project: manages policy',
  'delete /api/v1/projects/{project}/vulnerability-policy': 'project: manages policy',
  'get /api/v1/images/verdict': 'repository: pulls',
  'get /api/v1/scanners': 'registry: sees',
  'post /api/v1/scanners': 'registry: manages',
  'delete /api/v1/scanners/{scanner}': 'registry: manages',
  'post /api/v1/images/scanner-requests': 'repository: pushes',
  'post /api/v1/images/reports': 'repository: pushes',
  'get /api/v1/images/reports': 'repository: pulls',
  'get /api/v1/images/comparison': 'repository: pulls',
  'get /api/v1/vulnerability-policy': 'registry: sees',
  'get /api/v1/advisories': 'registry: sees',
  'get /api/v1/advisories/sources': 'registry: sees',
  'post /api/v1/advisories/updates': 'registry: manages',
  'post /api/v1/advisories/uploads': 'registry: manages',
  'put /api/v1/vulnerability-policy': 'registry: manages',
  'delete /api/v1/vulnerability-policy': 'registry: manages',
  'get /api/v1/projects/{project}/vulnerability-exceptions': 'project: sees',
  'post /api/v1/projects/{project}/vulnerability-exceptions': 'project: manages policy',
  'delete /api/v1/projects/{project}/vulnerability-exceptions/{exception}': 'project: manages policy',
  'get /api/v1/vulnerability-exceptions': 'registry: sees',
  'post /api/v1/vulnerability-exceptions': 'registry: manages',
  'delete /api/v1/vulnerability-exceptions/{exception}': 'registry: manages',
  'get /api/v1/projects/{project}/vex': 'project: sees',
  'post /api/v1/projects/{project}/vex': 'project: manages policy',
  'delete /api/v1/projects/{project}/vex/{document}': 'project: manages policy',
  'get /api/v1/vex': 'registry: sees',
  'post /api/v1/vex': 'registry: manages',
  'delete /api/v1/vex/{document}': 'registry: manages',
  'get /api/v1/projects/{project}/audit': 'project: reads audit',
  'get /api/v1/projects/{project}/quota': 'project: sees',
  'patch /api/v1/projects/{project}/quota': 'registry: manages',
  'get /api/v1/projects/{project}/usage/history': 'project: sees',
  'get /api/v1/quota': 'registry: sees',
  'patch /api/v1/quota': 'registry: manages',
  'get /api/v1/usage/history': 'registry: sees',
  'get /api/v1/usage/check': 'registry: sees',
  'post /api/v1/usage/repair': 'registry: manages',
  'get /api/v1/audit': 'registry: reads audit',
  'get /api/v1/access/explain': 'registry: sees',
  // What may be done to an entry is decided for its repository: test/trash.
  'get /api/v1/projects/{project}/trash': 'project: sees',
  'delete /api/v1/projects/{project}/trash': 'project: sees',
  'post /api/v1/projects/{project}/trash/{entry}/restore': 'project: sees',
  'delete /api/v1/projects/{project}/trash/{entry}': 'project: sees',
  'post /api/v1/projects/{project}/trash/deletions/{deletion}/restore': 'project: sees',
  'get /api/v1/search': 'catalog',
  'get /api/v1/repositories': 'catalog',
  'get /api/v1/images': 'repository: pulls',
  'get /api/v1/images/labels': 'repository: pulls',
  'put /api/v1/images/labels': 'repository: pushes',
  'delete /api/v1/images/labels': 'repository: pushes',
  'get /api/v1/images/scan': 'repository: pulls',
  'post /api/v1/images/scan': 'repository: scans',
  'get /api/v1/images/findings': 'repository: pulls',
  'get /api/v1/images/packages': 'repository: pulls',
  'get /api/v1/images/sbom': 'repository: pulls',
  'get /api/v1/packages': 'catalog',
  'get /api/v1/findings': 'catalog',
  'get /api/v1/repositories/labels': 'repository: pulls',
  'put /api/v1/repositories/labels': 'repository: manages policy',
  'delete /api/v1/repositories/labels': 'repository: manages policy',
}

const SOMEBODY: readonly Who[] = ['somebody', 'catalog']
const THEMSELVES: readonly Who[] = [...SOMEBODY, 'themselves']
const SEES: readonly Who[] = [...THEMSELVES, 'project: sees']
const READS: readonly Who[] = [...SEES, 'repository: pulls']
const WRITES: readonly Who[] = [...READS, 'repository: pushes', 'repository: scans']

/** What each may do, in their own project where it is about one. Whoever is not named may do nothing. */
export const MAY: Partial<Readonly<Record<CallerName, readonly Who[]>>> = {
  owner: [
    ...WRITES,
    'repository: manages policy',
    'project: reads audit',
    'project: manages members',
    'project: manages policy',
    'project: manages it',
  ],
  maintainer: [...WRITES, 'repository: manages policy', 'project: reads audit', 'project: manages policy'],
  developer: WRITES,
  CI: [...SEES, 'repository: pushes'],
  reader: READS,
  auditor: [...SEES, 'project: reads audit'],
  'custom role': READS,
  'by a group': WRITES,
  // An owner of one repository owns nothing of the project but that.
  'of one repository': [...WRITES, 'repository: manages policy'],
  'reader of one repository': READS,
  'no role': THEMSELVES,
  administrator: [
    ...WRITES,
    'repository: manages policy',
    'creators',
    'registry: sees',
    'registry: reads audit',
    'registry: manages',
    'project: reads audit',
    'project: manages members',
    'project: manages policy',
    'project: manages it',
  ],
  'auditor of the system': [...SEES, 'registry: sees', 'registry: reads audit', 'project: reads audit'],
  'project creator': [...THEMSELVES, 'creators', 'repository: pushes'],
  robot: [...SOMEBODY, 'project: sees', 'repository: pulls', 'repository: pushes', 'repository: scans'],
  'robot of another project': [
    ...SOMEBODY,
    'project: sees',
    'repository: pulls',
    'repository: pushes',
    'repository: scans',
  ],
  'token to pull from one repository': [...SOMEBODY, 'repository: pulls'],
  'token to push': [...SOMEBODY, 'project: sees', 'repository: pushes'],
  "administrator's token to pull": [...SOMEBODY, 'project: sees', 'repository: pulls'],
}

/** Whose own project it is not shop. */
export const HOME: Partial<Readonly<Record<CallerName, string>>> = {
  'robot of another project': 'bank',
  // Their push would make it.
  'project creator': 'nowhere',
}

/** Those who are told of a repository of a project that is not there that it is not there. */
export const OF_NOTHING: readonly CallerName[] = ["administrator's token to pull"]

/** Those who may do the same in a project that is not theirs. */
export const EVERYWHERE: readonly CallerName[] = ['administrator', 'auditor of the system']
