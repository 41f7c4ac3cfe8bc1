import type { Digest } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { BlobStore, UploadStore } from '../../stores/blobs/index.ts'
import type { BlobRecord, PlainTable, Relocation, Tables, UploadSessions } from '../../stores/metadata/index.ts'

/** Copied as they are, after the blobs. Repositories find their projects there. */
export const PLAIN_TABLES: readonly PlainTable[] = [
  'projects',
  'repositories',
  'repository_blobs',
  'manifests',
  'manifest_references',
  'tags',
  'collection_candidates',
  'locks',
  'image_details',
  'labels',
  'packages',
  'inventories',
  'inventory_packages',
  'package_findings',
  'trash',
  'trash_references',
  'users',
  'groups',
  'group_members',
  'roles',
  'grants',
  'robots',
  'credentials',
  'trust_rules',
  'signing_keys',
  'break_glass',
  'immutability_rules',
  'last_pulls',
  'retention_policies',
  'vulnerability_policies',
  'vulnerability_exceptions',
  'vex_documents',
  'vex_statements',
  'scanners',
  'scan_reports',
  'scan_report_findings',
  'tag_history',
  'redirects',
  'project_redirects',
  'audit_records',
  'audit_head',
  'audit_inbox',
  'audit_checkpoints',
  'audit_sinks',
  'quotas',
  'usage_history',
]

/** The registry that is copied. */
export interface CopySource {
  readonly tables: Tables
  readonly relocation: Relocation
  readonly blobs: BlobStore
}

/** The registry that is copied into. */
export interface CopyTarget {
  readonly tables: Tables
  readonly relocation: Relocation
  readonly sessions: Pick<UploadSessions, 'start' | 'remove'>
  readonly uploads: UploadStore
  readonly clock: Clock
}

/** Where the bytes come from. */
export interface BlobSource {
  /** @throws SourceFault when they are not there; Unavailable when they cannot be had now. */
  read(record: BlobRecord): Promise<AsyncIterable<Uint8Array>>
  /** Has the blob been removed since it was listed? Then nobody needs its bytes. */
  isGone(record: BlobRecord): Promise<boolean>
}

/** The bytes at the source, and not the place they are written to, are at fault. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault'
}

/** Somebody asked for the end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'

  constructor() {
    super('Interrupted: run it again to go on.')
  }
}

export interface BlobFailure {
  readonly digest: Digest
  readonly reason: string
}

export interface CopyOptions {
  readonly signal?: AbortSignal
  /** Bytes of blobs copied so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Grows while the work goes on. */
export interface BlobCounts {
  blobs: number
  bytes: number
  /** Removed from the source before they were copied. */
  vanished: number
  readonly failures: BlobFailure[]
}

export function noBlobs(): BlobCounts {
  return { blobs: 0, bytes: 0, vanished: 0, failures: [] }
}

export function blobsOf({ blobs, tables }: CopySource): BlobSource {
  return {
    async read({ digest, size_bytes: sizeBytes, storage_key: storageKey }) {
      const body = await blobs.read({ digest, sizeBytes, storageKey })
      return body instanceof Blob ? body.stream() : body
    },
    isGone: async record => !(await tables.hasObject(record)),
  }
}

/** Tells of progress, of the bytes of these blobs. */
export async function counterOf(
  records: AsyncIterable<BlobRecord>,
  onProgress: CopyOptions['onProgress'],
): Promise<(bytes: number) => void> {
  if (!onProgress) return () => undefined
  let total = 0
  for await (const record of records) total += record.size_bytes
  let done = 0
  return bytes => {
    done += bytes
    onProgress(done, Math.max(done, total))
  }
}
