export type * from './advisories/index.ts'
export { type AuditInbox, appendAudit } from './audit/append.ts'
export type { AuditTables } from './audit/audit.ts'
export type { AuditCheckpoints, Checkpoint } from './audit/checkpoints.ts'
export type { AuditCategory, AuditDetail, AuditEntry, AuditOutcome, AuditRecord } from './audit/entry.ts'
export type { Recording } from './audit/recorded-write.ts'
export type { AuditChain, AuditFilter, AuditHead, AuditPage, AuditRecords, ChainRow } from './audit/records.ts'
export type { AuditRetention } from './audit/retention.ts'
export type { AuditSealing } from './audit/sealing.ts'
export type { AuditSinks, SinkCursor } from './audit/sinks.ts'
export type { BlobLinks, LinkedBlob, StoredBlob, Unlinked } from './blob-links.ts'
export type { Collection, NominatedCandidate, Verdict } from './collection.ts'
export type { Contents } from './contents.ts'

export type * from './details/index.ts'

export type { Discard } from './discard.ts'

export type { Engine, Queries } from './engine.ts'
export type { Explanation, Explanations } from './explanations.ts'
export type * from './identity/index.ts'
export type { ImmutabilityRules, RulePut, StoredImmutabilityRule, TagOfRepository } from './immutability-rules.ts'
export type * from './inventories/index.ts'
export type {
  BrokenReference,
  DamageRecords,
  Dangling,
  Inventory,
  InventoryBlob,
  InventoryManifest,
} from './inventory.ts'
export type { CondemnedObject, CondemnedObjects, StaleUpload, StaleUploads } from './leavings.ts'
export type { Locked, LockOfRepository, Locks, LockTarget } from './locks.ts'
export type { ManifestSummary, Manifests, NewManifest, PutOutcome, Removed, StoredManifest } from './manifest-port.ts'
export { createMetadata, type Metadata, type OpenedMetadata } from './metadata.ts'
export { type MigrationReport, SCHEMA_VERSIONS, SchemaError } from './migrate.ts'
export type { Names } from './names/names.ts'
export type { Rewritten } from './names/patterns.ts'
export type { Redirect, RedirectList } from './names/redirect-list.ts'
export type { Redirects } from './names/redirects.ts'
export type { ProjectRename, ProjectRenameOutcome } from './names/rename-project.ts'
export type { RepositoryRename, RepositoryRenameOutcome } from './names/rename-repository.ts'
export type { TagSetting, TagSettingOutcome, TagTarget } from './names/set-tag.ts'
export type { HistoryBounds, TagChange, TagHistory } from './names/tag-history.ts'
export { createPendingSignOns, type PendingSignOns } from './pending-sign-ons.ts'
export { connect as connectPostgres, type PostgresOptions } from './postgres/connect.ts'
export { hasPostgresMetadata, openPostgresMetadata } from './postgres/open.ts'
export type {
  Change,
  ImmutabilityRule,
  Judge,
  Lock,
  LockKind,
  ProtectionFacts,
  Refusal,
  SetTag,
  TagPattern,
} from './protection.ts'
export type { RateWindow, RateWindows, TokenGrant, TokenRequest, UnspentTokens } from './rate-windows.ts'
export type { Referrers } from './referrers.ts'
export type { Relocation, RelocationRecord } from './relocation.ts'
export type { Page, Repositories } from './repositories.ts'
export type { BlobUse } from './retention/blob-uses.ts'
export type { RepositoryRow, RetentionFacts, RetentionReading, TagRow } from './retention/facts.ts'
export type { LastPull, LastPulls } from './retention/last-pulls.ts'
export type { DuePolicy, NewPolicy, PolicyChanged, RetentionPolicies, StoredPolicy } from './retention/policies.ts'
export type { Expired, ExpiredTag, Expiry, RetentionRemoval } from './retention/removal.ts'
export type { Asked, KeptItems, NewRun, RetentionRuns, RetentionRunWork, RunEnd, StoredRun } from './retention/runs.ts'
export type * from './scanners/index.ts'
export type {
  CredentialKind,
  IdentityState,
  Pushers,
  SubjectKind,
  SystemRole,
  Visibility,
} from './schema-identity.ts'
export type { InventoryState } from './schema-inventories.ts'
export type { RetentionOutcome } from './schema-retention.ts'
export type { SignInRecord, SignInRecords } from './sign-in-records.ts'
export { migrateSqlite, openSqliteMetadata } from './sqlite/open.ts'
export { takeServerLock } from './sqlite/server-lock.ts'
export type { StorageIdentity } from './storage-identity.ts'
export { mergeRows } from './tables/merge-rows.ts'
export type { TableRows } from './tables/read-rows.ts'
export type { BlobIntake, BlobRecord } from './tables/receive-blobs.ts'
export type { ReceivedRows } from './tables/receive-table.ts'
export type { PlainTable, Row, TableName } from './tables/table.ts'
export type { Fingerprint, Tables } from './tables/tables.ts'
export type { Tags, Untagged } from './tags.ts'
export type { TrashEntry, TrashFilter, TrashPage } from './trash/entries.ts'
export type { Purged } from './trash/purge.ts'
export type { KeptTag, NotRestored, Restored, RestoredEntry } from './trash/restore.ts'
export type { Trash, TrashExpiries } from './trash/trash.ts'
export type { UploadNotes } from './upload-progress.ts'
export type {
  FoundSession,
  HashedPrefix,
  UploadClaims,
  UploadCompletion,
  UploadSession,
  UploadSessions,
} from './upload-sessions.ts'
export type * from './usage/index.ts'
export { createUsedTokens, type UsedTokens } from './used-tokens.ts'
export type * from './vulnerability-policies/index.ts'
