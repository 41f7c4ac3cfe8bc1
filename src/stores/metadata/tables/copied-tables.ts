import { IDENTITY_TABLES } from './identity-tables.ts'
import type { Table, TableName } from './table.ts'

const CHILDREN = [
  'tags',
  'manifest_references',
  'manifests',
  'repository_blobs',
  'collection_candidates',
  'trash_references',
  'trash',
  'locks',
  'image_details',
  'labels',
  'tag_history',
  'redirects',
] as const

/**
 * What makes a registry, in an order in which each points at earlier ones only. Not among them, because they belong to
 * the place and not to the registry: uploads, storage, relocation, compatibility, pull_records, jobs, limits, runs of
 * retention, Kysely's own. Nor what follows from the others: what is used, and which project a repository is in.
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
      'described_at',
    ],
    wide: 'bytes',
  },
  manifest_references: {
    name: 'manifest_references',
    key: ['repository_id', 'manifest', 'target', 'kind'],
    columns: ['size_bytes'],
  },
  tags: { name: 'tags', key: ['repository_id', 'name'], columns: ['digest', 'updated_at'] },
  collection_candidates: {
    name: 'collection_candidates',
    key: ['repository_id', 'digest', 'kind'],
    columns: ['since'],
  },
  trash: {
    name: 'trash',
    key: ['id'],
    columns: [
      'repository_id',
      'kind',
      'digest',
      'tags',
      'labels',
      'media_type',
      'artifact_type',
      'subject',
      'annotations',
      'size_bytes',
      'pushed_at',
      'state',
      'deletion',
      'deleted_at',
      'expires_at',
      'deleted_by',
      'rule',
    ],
    wide: 'bytes',
  },
  trash_references: {
    name: 'trash_references',
    key: ['trash_id', 'target', 'kind'],
    columns: ['repository_id', 'is_held'],
  },
  image_details: {
    name: 'image_details',
    key: ['repository_id', 'digest'],
    columns: ['os', 'architecture', 'variant', 'platforms', 'created_at', 'total_bytes', 'labels'],
  },
  labels: { name: 'labels', key: ['repository_id', 'digest', 'key'], columns: ['value', 'set_at'] },
  packages: {
    name: 'packages',
    key: ['id'],
    columns: ['identity', 'ecosystem', 'name', 'version', 'source_name', 'source_version', 'purl', 'licences'],
  },
  // Without how far somebody reads it at the moment.
  inventories: {
    name: 'inventories',
    key: ['id'],
    columns: [
      'digest',
      'state',
      'due_at',
      'attempts',
      'made_at',
      'reader',
      'distribution',
      'layers',
      'problems',
      'statements',
      'reason',
    ],
  },
  inventory_packages: {
    name: 'inventory_packages',
    key: ['inventory_id', 'position'],
    columns: ['package_id', 'layer', 'path', 'statement'],
  },
  // Only where the storage stays the same.
  condemned_objects: {
    name: 'condemned_objects',
    key: ['storage_key'],
    columns: ['digest', 'size_bytes', 'condemned_at', 'reason'],
  },
  ...IDENTITY_TABLES,
  immutability_rules: {
    name: 'immutability_rules',
    key: ['id'],
    columns: [
      'project_id',
      'name',
      'repositories',
      'except_repositories',
      'tags',
      'except_tags',
      'immutable_for_days',
      'afterwards',
      'created_at',
      'created_by',
    ],
  },
  locks: {
    name: 'locks',
    key: ['repository_id', 'digest', 'kind'],
    columns: ['reason', 'locked_by', 'locked_at'],
  },
  last_pulls: { name: 'last_pulls', key: ['repository_id', 'digest'], columns: ['pulled_at'] },
  // Without when it runs next, which is reckoned anew: a copy of long ago must not begin by deleting.
  retention_policies: {
    name: 'retention_policies',
    key: ['project_id'],
    columns: ['document', 'schedule', 'updated_at', 'updated_by'],
  },
  tag_history: {
    name: 'tag_history',
    key: ['id'],
    columns: ['repository_id', 'tag', 'digest', 'number', 'at', 'ended_at', 'kind', 'by', 'rule'],
  },
  redirects: { name: 'redirects', key: ['name'], columns: ['repository_id', 'created_at', 'created_by'] },
  project_redirects: {
    name: 'project_redirects',
    key: ['name'],
    columns: ['project_id', 'created_at', 'created_by'],
  },
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
  audit_head: { name: 'audit_head', key: ['one'], columns: ['sequence', 'hash', 'at', 'newest_at', 'lateness_ms'] },
  audit_inbox: { name: 'audit_inbox', key: ['id'], columns: ['entry_id', 'at', 'entry'] },
  audit_checkpoints: {
    name: 'audit_checkpoints',
    key: ['sequence'],
    columns: ['hash', 'at', 'key_id', 'signature'],
  },
  audit_sinks: { name: 'audit_sinks', key: ['name'], columns: ['cursor', 'updated_at'] },
  quotas: { name: 'quotas', key: ['project_id', 'kind'], columns: ['hard_limit', 'soft_limit', 'passed'] },
  usage_history: {
    name: 'usage_history',
    key: ['project_id', 'at'],
    columns: ['bytes', 'repositories', 'tags', 'manifests'],
  },
}
