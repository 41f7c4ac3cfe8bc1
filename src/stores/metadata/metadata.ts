import { systemClock } from '../../platform/clock/index.ts'
import { type AdvisoryTables, createAdvisoryTables } from './advisories/index.ts'
import { type AuditTables, createAuditTables } from './audit/audit.ts'
import { type BlobLinks, createBlobLinks } from './blob-links.ts'
import { type Collection, createCollection } from './collection.ts'
import { type Contents, createContents } from './contents.ts'
import { createDetails, type Details } from './details/index.ts'
import type { Engine } from './engine.ts'
import { createExplanations, type Explanations } from './explanations.ts'
import { createIdentities, type Identities } from './identity/index.ts'
import { createImmutabilityRules, type ImmutabilityRules } from './immutability-rules.ts'
import { createInventoryTables, type InventoryTables } from './inventories/index.ts'
import {
  createDamageRecords,
  createDangling,
  createInventory,
  type DamageRecords,
  type Dangling,
  type Inventory,
} from './inventory.ts'
import { type CondemnedObjects, createCondemnedObjects, createStaleUploads, type StaleUploads } from './leavings.ts'
import { createLocks, type Locks } from './locks.ts'
import type { Manifests } from './manifest-port.ts'
import { createManifests } from './manifests.ts'
import type { MigrationReport } from './migrate.ts'
import { createNames, type Names } from './names/names.ts'
import { createRedirectList, type RedirectList } from './names/redirect-list.ts'
import { createRedirects, type Redirects } from './names/redirects.ts'
import { createTagHistory, type TagHistory } from './names/tag-history.ts'
import { createPendingSignOns, type PendingSignOns } from './pending-sign-ons.ts'
import { createRateWindows, type RateWindows } from './rate-windows.ts'
import { createReferrers, type Referrers } from './referrers.ts'
import { createRelocation, type Relocation } from './relocation.ts'
import { createRepositories, type Repositories } from './repositories.ts'
import { createRetentionFacts, type RetentionFacts } from './retention/facts.ts'
import { createLastPulls, type LastPulls } from './retention/last-pulls.ts'
import { createRetentionPolicies, type RetentionPolicies } from './retention/policies.ts'
import { createRetentionRemoval, type RetentionRemoval } from './retention/removal.ts'
import { createRetentionRuns, type RetentionRuns, type RetentionRunWork } from './retention/runs.ts'
import { createScannerTables, type ScannerTables } from './scanners/index.ts'
import { createSignInRecords, type SignInRecords } from './sign-in-records.ts'
import { createStorageIdentity, type StorageIdentity } from './storage-identity.ts'
import { createTables, type Tables } from './tables/tables.ts'
import { createTags, type Tags } from './tags.ts'
import { createTrash, type Trash, type TrashExpiries } from './trash/trash.ts'
import { createUploadNotes, type UploadNotes } from './upload-progress.ts'
import {
  createUploadSessions,
  type UploadClaims,
  type UploadCompletion,
  type UploadSessions,
} from './upload-sessions.ts'
import { createUsageTables, type UsageTables } from './usage/index.ts'
import { createUsedTokens, type UsedTokens } from './used-tokens.ts'
import { createPullPolicies, type PullPolicies } from './vulnerability-policies/index.ts'

/** Every table group, each a port of its own, over one engine. */
export interface Metadata {
  readonly repositories: Repositories
  readonly blobLinks: BlobLinks
  readonly manifests: Manifests
  readonly tags: Tags
  readonly referrers: Referrers
  readonly immutabilityRules: ImmutabilityRules
  readonly locks: Locks
  readonly uploads: UploadSessions & UploadCompletion & UploadClaims
  readonly uploadNotes: UploadNotes
  readonly collection: Collection
  readonly condemned: CondemnedObjects
  readonly staleUploads: StaleUploads
  readonly trash: Trash & TrashExpiries
  readonly explanations: Explanations
  readonly inventory: Inventory
  readonly advisories: AdvisoryTables
  readonly contents: Contents
  readonly dangling: Dangling
  readonly details: Details
  readonly inventories: InventoryTables
  readonly damage: DamageRecords
  readonly storage: StorageIdentity
  readonly relocation: Relocation
  readonly tables: Tables
  readonly identities: Identities
  readonly audit: AuditTables
  readonly rateWindows: RateWindows
  readonly usedTokens: UsedTokens
  readonly pendingSignOns: PendingSignOns
  readonly signInRecords: SignInRecords
  readonly usage: UsageTables
  readonly retentionFacts: RetentionFacts
  readonly retentionRemoval: RetentionRemoval
  readonly lastPulls: LastPulls
  readonly retentionPolicies: RetentionPolicies
  readonly retentionRuns: RetentionRuns & RetentionRunWork
  readonly redirects: Redirects & RedirectList
  readonly names: Names
  readonly tagHistory: TagHistory
  readonly pullPolicies: PullPolicies
  readonly scanners: ScannerTables
  close(): Promise<void>
}

/** A database that was opened: its tables, and the engine below them for what must change in the same transaction. */
export interface OpenedMetadata {
  readonly engine: Engine
  readonly metadata: Metadata
  readonly migration: MigrationReport
}

export function createMetadata(engine: Engine): Metadata {
  return {
    repositories: createRepositories(engine),
    blobLinks: createBlobLinks(engine),
    manifests: createManifests(engine),
    tags: createTags(engine),
    referrers: createReferrers(engine),
    immutabilityRules: createImmutabilityRules(engine),
    locks: createLocks(engine),
    uploads: createUploadSessions(engine),
    uploadNotes: createUploadNotes(engine),
    collection: createCollection(engine),
    condemned: createCondemnedObjects(engine),
    staleUploads: createStaleUploads(engine),
    trash: createTrash(engine),
    explanations: createExplanations(engine),
    inventory: createInventory(engine),
    advisories: createAdvisoryTables(engine),
    contents: createContents(engine),
    dangling: createDangling(engine),
    details: createDetails(engine),
    inventories: createInventoryTables(engine),
    damage: createDamageRecords(engine),
    storage: createStorageIdentity(engine),
    relocation: createRelocation(engine),
    tables: createTables(engine),
    identities: createIdentities(engine),
    audit: createAuditTables(engine),
    rateWindows: createRateWindows(engine),
    usedTokens: createUsedTokens(engine, systemClock),
    pendingSignOns: createPendingSignOns(engine, systemClock),
    signInRecords: createSignInRecords(engine),
    usage: createUsageTables(engine),
    retentionFacts: createRetentionFacts(engine),
    retentionRemoval: createRetentionRemoval(engine),
    lastPulls: createLastPulls(engine),
    retentionPolicies: createRetentionPolicies(engine),
    retentionRuns: createRetentionRuns(engine),
    redirects: { ...createRedirects(engine), ...createRedirectList(engine) },
    names: createNames(engine),
    tagHistory: createTagHistory(engine),
    pullPolicies: createPullPolicies(engine),
    scanners: createScannerTables(engine),
    close: () => engine.close(),
  }
}
