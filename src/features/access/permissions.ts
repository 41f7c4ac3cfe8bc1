/** What a role of a project is made of. */
export const PERMISSIONS = [
  'pull',
  'push',
  'overwrite tag',
  'delete',
  'scan',
  'sign',
  'read audit',
  'manage members',
  'manage policy',
  'manage project',
] as const

export type Permission = (typeof PERMISSIONS)[number]

export function isPermission(text: string): text is Permission {
  return (PERMISSIONS as readonly string[]).includes(text)
}

export type BuiltInRole = 'owner' | 'maintainer' | 'developer' | 'CI' | 'reader' | 'auditor'

export const BUILT_IN_ROLES: Readonly<Record<BuiltInRole, readonly Permission[]>> = {
  owner: PERMISSIONS,
  maintainer: ['pull', 'push', 'overwrite tag', 'delete', 'scan', 'sign', 'read audit', 'manage policy'],
  developer: ['pull', 'push', 'overwrite tag', 'scan'],
  CI: ['push', 'overwrite tag'],
  reader: ['pull'],
  auditor: ['read audit'],
}

/**
 * Every action that is asked for, and the permissions of which one is enough. Whoever pushes has to see what is there
 * already: clients ask with HEAD.
 */
const ENOUGH = {
  stat: ['pull', 'push'],
  list: ['pull', 'read audit'],
  pull: ['pull'],
  push: ['push'],
  delete: ['delete'],
  scan: ['scan'],
  sign: ['sign'],
  /** As `list` and `delete`, but through the administration API. */
  'see trash': ['pull', 'read audit', 'delete'],
  'change trash': ['delete'],
  'see project': ['pull', 'push', 'delete', 'read audit', 'manage members', 'manage policy', 'manage project'],
  'read audit': ['read audit'],
  'manage members': ['manage members'],
  'manage policy': ['manage policy'],
  'manage project': ['manage project'],
} as const satisfies Record<string, readonly Permission[]>

/** What is done to one repository, or to a project. */
export type ProjectAction = keyof typeof ENOUGH
/** What is done to the registry as a whole. */
export type RegistryAction =
  | 'use API'
  | 'catalog'
  | 'manage own account'
  | 'create project'
  | 'see registry'
  | 'read registry audit'
  | 'manage registry'
export type Action = ProjectAction | RegistryAction

/** What it counts as for rules about networks; nothing restricts from where clients ask how to sign in. */
export function operationOf(action: Action): 'pull' | 'push' | 'administration' | undefined {
  switch (action) {
    case 'use API':
      return undefined
    case 'stat':
    case 'list':
    case 'pull':
    case 'catalog':
      return 'pull'
    case 'push':
    case 'delete':
      return 'push'
    default:
      return 'administration'
  }
}

export function permissionsFor(action: ProjectAction): readonly Permission[] {
  return ENOUGH[action]
}
