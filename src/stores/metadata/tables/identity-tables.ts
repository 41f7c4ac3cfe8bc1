import type { IdentityTable, Table } from './table.ts'

/** Who there is. Each points at earlier ones only, and goes with them. */
export const IDENTITY_TABLES: Readonly<Record<IdentityTable, Table>> = {
  users: {
    name: 'users',
    key: ['id'],
    columns: [
      'name',
      'source',
      'subject',
      'display_name',
      'email',
      'password_hash',
      'system_role',
      'state',
      'created_at',
      'signed_in_at',
    ],
  },
  groups: { name: 'groups', key: ['id'], columns: ['name', 'created_at'] },
  group_members: { name: 'group_members', key: ['user_id', 'group_id', 'source'], columns: [] },
  projects: {
    name: 'projects',
    key: ['id'],
    columns: ['name', 'visibility', 'pushers', 'network', 'trash_days', 'created_at'],
  },
  roles: { name: 'roles', key: ['name'], columns: ['permissions', 'created_at'] },
  grants: {
    name: 'grants',
    key: ['id'],
    columns: ['project_id', 'subject_kind', 'subject_id', 'role', 'repositories', 'tags', 'created_at'],
  },
  robots: { name: 'robots', key: ['id'], columns: ['name', 'project_id', 'description', 'state', 'created_at'] },
  credentials: {
    name: 'credentials',
    key: ['id'],
    columns: [
      'kind',
      'owner_kind',
      'owner_id',
      'name',
      'secret_hash',
      'scope',
      'created_at',
      'expires_at',
      'used_at',
      'revoked_at',
    ],
  },
  trust_rules: { name: 'trust_rules', key: ['id'], columns: ['project_id', 'name', 'rule', 'created_at'] },
  // The public halves only, by which old records are verified: another place makes a key of its own.
  signing_keys: { name: 'signing_keys', key: ['id'], columns: ['public_key', 'created_at'] },
  break_glass: {
    name: 'break_glass',
    key: ['id'],
    columns: ['project_id', 'user_id', 'reason', 'created_at', 'ends_at'],
  },
}
