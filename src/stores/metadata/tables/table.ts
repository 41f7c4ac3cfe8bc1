import { IDENTITY_TABLES } from './identity-tables.ts'

/** One cell, as both engines give it. */
export type Value = string | number | null | Uint8Array
export type Row = Readonly<Record<string, Value>>

export type TableName =
  | 'repositories'
  | 'blobs'
  | 'repository_blobs'
  | 'manifests'
  | 'manifest_references'
  | 'tags'
  | 'collection_candidates'
  | 'condemned_objects'
  | 'users'
  | 'groups'
  | 'group_members'
  | 'projects'
  | 'roles'
  | 'grants'
  | 'robots'
  | 'credentials'
  | 'trust_rules'
  | 'signing_keys'
  | 'break_glass'
  | 'audit_records'
  | 'audit_head'
  | 'audit_inbox'
  | 'audit_checkpoints'
  | 'audit_sinks'

/** Tables whose rows are the same wherever the registry is. */
export type PlainTable = Exclude<TableName, 'blobs'>

export interface Table {
  readonly name: TableName
  /** What rows are ordered by. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** Large, so read only for rows that are needed; the row's `size_bytes` says how large. Its table has one key. */
  readonly wide?: string
  /** Means something beside one storage only. */
  readonly own?: readonly string[]
  /** Tables that point at it by their `repository_id`. */
  readonly pointedAtBy?: readonly TableName[]
}

const CHILDREN = ['tags', 'manifest_references', 'manifests', 'repository_blobs', 'collection_candidates'] as const

/**
 * What makes a registry, in an order in which each points at earlier ones only. Not among them, because they belong to
 * the place and not to the registry: uploads, storage, relocation, compatibility, jobs, limits, Kysely's own.
 */
export const TABLES: Readonly<Record<TableName, Table>> = {
  repositories: { name: 'repositories', key: ['id'], columns: ['name', 'created_at'], pointedAtBy: CHILDREN },
  blobs: { name: 'blobs', key: ['digest'], columns: ['size_bytes', 'state', 'created_at'], own: ['storage_key'] },
  repository_blobs: { name: 'repository_blobs', key: ['repository_id', 'digest'], columns: ['linked_at'] },
  manifests: {
    name: 'manifests',
    key: ['id'],
    columns: [
      'repository_id',
      'digest',
      'media_type',
      'artifact_type',
      'subject',
      'annotations',
      'size_bytes',
      'pushed_at',
      'state',
    ],
    wide: 'bytes',
  },
  manifest_references: {
    name: 'manifest_references',
    key: ['repository_id', 'manifest', 'target', 'kind'],
    columns: [],
  },
  tags: { name: 'tags', key: ['repository_id', 'name'], columns: ['digest', 'updated_at'] },
  collection_candidates: {
    name: 'collection_candidates',
    key: ['repository_id', 'digest', 'kind'],
    columns: ['since'],
  },
  // Only where the storage stays the same.
  condemned_objects: {
    name: 'condemned_objects',
    key: ['storage_key'],
    columns: ['digest', 'size_bytes', 'condemned_at', 'reason'],
  },
  ...IDENTITY_TABLES,
  audit_records: {
    name: 'audit_records',
    key: ['sequence'],
    columns: [
      'id',
      'at',
      'type',
      'category',
      'outcome',
      'actor_id',
      'actor_name',
      'project',
      'repository',
      'digest',
      'address',
      'body',
      'hash',
    ],
  },
  audit_head: { name: 'audit_head', key: ['one'], columns: ['sequence', 'hash', 'at'] },
  audit_inbox: { name: 'audit_inbox', key: ['id'], columns: ['entry_id', 'at', 'entry'] },
  audit_checkpoints: {
    name: 'audit_checkpoints',
    key: ['sequence'],
    columns: ['hash', 'at', 'key_id', 'signature'],
  },
  audit_sinks: { name: 'audit_sinks', key: ['name'], columns: ['cursor', 'updated_at'] },
}
