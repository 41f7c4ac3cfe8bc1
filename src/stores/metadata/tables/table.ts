/** One cell, as both engines give it. */
export type Value = string | number | null | Uint8Array
export type Row = Readonly<Record<string, Value>>

/** Who there is, and what they may do. */
export type IdentityTable =
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

export type TableName =
  | 'repositories'
  | 'blobs'
  | 'repository_blobs'
  | 'manifests'
  | 'manifest_references'
  | 'tags'
  | 'collection_candidates'
  | 'trash'
  | 'trash_references'
  | 'image_details'
  | 'labels'
  | 'packages'
  | 'inventories'
  | 'inventory_packages'
  | 'package_findings'
  | 'condemned_objects'
  | IdentityTable
  | 'immutability_rules'
  | 'locks'
  | 'last_pulls'
  | 'vulnerability_policies'
  | 'vulnerability_exceptions'
  | 'vex_documents'
  | 'vex_statements'
  | 'scanners'
  | 'scan_reports'
  | 'scan_report_findings'
  | 'retention_policies'
  | 'tag_history'
  | 'redirects'
  | 'project_redirects'
  | 'audit_records'
  | 'audit_head'
  | 'audit_inbox'
  | 'audit_checkpoints'
  | 'audit_sinks'
  | 'quotas'
  | 'usage_history'

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
