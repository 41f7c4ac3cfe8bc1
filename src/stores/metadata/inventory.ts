import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import type { Engine } from './engine.ts'
import type { Page } from './repositories.ts'
import type { ReferenceKind } from './schema.ts'

export interface InventoryBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly storageKey: string
}

export interface InventoryManifest {
  /** Grows with each manifest that is stored: the key of the pages. */
  readonly id: number
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly bytes: Uint8Array
}

export interface BrokenReference {
  readonly repository: RepositoryName
  readonly repositoryId: number
  readonly manifest: Digest
  readonly target: Digest
  readonly kind: ReferenceKind
}

/** Everything there is, page by page, for those who check or copy all of it. */
export interface Inventory {
  totals(): Promise<{ readonly blobs: number; readonly blobBytes: number; readonly manifests: number }>
  /** Undamaged blobs in order of their digests. */
  blobs(page: Page<Digest>): Promise<readonly InventoryBlob[]>
  /** Undamaged manifests of all repositories. */
  manifests(page: Page<number>): Promise<readonly InventoryManifest[]>
  /** Undamaged manifests in the trash of all repositories. */
  trashedManifests(page: Page<string>): Promise<readonly (Omit<InventoryManifest, 'id'> & { readonly id: string })[]>
  /** References to what the repository does not have, or has damaged. */
  brokenReferences(page: Page<BrokenReference>): Promise<readonly BrokenReference[]>
  /** Which of these stored objects the metadata knows: as a blob, as condemned, or by the upload that is about to end. */
  known(objects: readonly { readonly key: string; readonly uploadId: string }[]): Promise<ReadonlySet<string>>
}

/** Rows that point at nothing. */
export interface Dangling {
  tags(
    limit: number,
  ): Promise<readonly { readonly repository: RepositoryName; readonly tag: Tag; readonly digest: Digest }[]>
  links(limit: number): Promise<readonly { readonly repository: RepositoryName; readonly digest: Digest }[]>
}

/** Puts damaged content out of reach: it answers "unknown" until a client pushes it again. */
export interface DamageRecords {
  /** False, and nothing changed, when the blob is stored as another object by now, or gone. */
  markBlob(blob: { digest: Digest; storageKey: string }): Promise<boolean>
  markManifest(id: number): Promise<boolean>
  markTrashed(id: string): Promise<boolean>
}

export function createInventory(engine: Engine): Inventory {
  const { db } = engine
  return {
    async totals() {
      const blobs = await db
        .selectFrom('blobs')
        .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('size_bytes').as('bytes')])
        .where('state', '=', 'stored')
        .executeTakeFirstOrThrow()
      const manifests = await db
        .selectFrom('manifests')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return { blobs: Number(blobs.count), blobBytes: Number(blobs.bytes ?? 0), manifests: Number(manifests.count) }
    },
    async blobs({ after, limit }) {
      return db
        .selectFrom('blobs')
        .select(['digest', 'size_bytes as sizeBytes', 'storage_key as storageKey'])
        .where('state', '=', 'stored')
        .$if(after !== undefined, query => query.where('digest', '>', after as Digest))
        .orderBy('digest')
        .limit(limit)
        .execute()
    },
    async manifests({ after, limit }) {
      return db
        .selectFrom('manifests')
        .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
        .select(['manifests.id', 'repositories.name as repository', 'manifests.digest', 'manifests.bytes'])
        .where('manifests.state', '=', 'stored')
        .where('manifests.id', '>', after ?? 0)
        .orderBy('manifests.id')
        .limit(limit)
        .execute()
    },
    async trashedManifests({ after, limit }) {
      const rows = await db
        .selectFrom('trash')
        .innerJoin('repositories', 'repositories.id', 'trash.repository_id')
        .select(['trash.id', 'repositories.name as repository', 'trash.digest', 'trash.bytes'])
        .where('trash.kind', '=', 'manifest')
        .where('trash.state', '=', 'stored')
        .where('trash.id', '>', after ?? '')
        .orderBy('trash.id')
        .limit(limit)
        .execute()
      return rows.map(row => ({ ...row, bytes: row.bytes ?? new Uint8Array() }))
    },
    brokenReferences: page => brokenReferences(engine, page),
    known: objects => knownObjects(engine, objects),
  }
}

async function brokenReferences({ db }: Engine, { after, limit }: Page<BrokenReference>) {
  return db
    .selectFrom('manifest_references as reference')
    .innerJoin('repositories', 'repositories.id', 'reference.repository_id')
    .select([
      'repositories.name as repository',
      'reference.repository_id as repositoryId',
      'reference.manifest',
      'reference.target',
      'reference.kind',
    ])
    .where(({ eb, and, or, not, exists, selectFrom }) =>
      or([
        and([
          eb('reference.kind', '=', 'manifest'),
          not(
            exists(
              selectFrom('manifests')
                .select('manifests.id')
                .whereRef('manifests.repository_id', '=', 'reference.repository_id')
                .whereRef('manifests.digest', '=', 'reference.target')
                .where('manifests.state', '=', 'stored'),
            ),
          ),
        ]),
        and([
          eb('reference.kind', '=', 'blob'),
          not(
            exists(
              selectFrom('repository_blobs')
                .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
                .select('blobs.digest')
                .whereRef('repository_blobs.repository_id', '=', 'reference.repository_id')
                .whereRef('repository_blobs.digest', '=', 'reference.target')
                .where('blobs.state', '=', 'stored'),
            ),
          ),
        ]),
      ]),
    )
    .$if(after !== undefined, query =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('reference.repository_id', 'reference.manifest', 'reference.target', 'reference.kind'),
          '>',
          tuple(after?.repositoryId ?? 0, after?.manifest as Digest, after?.target as Digest, after?.kind ?? 'blob'),
        ),
      ),
    )
    .orderBy('reference.repository_id')
    .orderBy('reference.manifest')
    .orderBy('reference.target')
    .orderBy('reference.kind')
    .limit(limit)
    .execute()
}

async function knownObjects({ db }: Engine, objects: Parameters<Inventory['known']>[0]): Promise<ReadonlySet<string>> {
  const keys = objects.map(object => object.key)
  const uploads = Map.groupBy(objects, object => object.uploadId)
  const [blobs, condemned, sessions] = await Promise.all([
    db.selectFrom('blobs').select('storage_key').where('storage_key', 'in', keys).execute(),
    db.selectFrom('condemned_objects').select('storage_key').where('storage_key', 'in', keys).execute(),
    db
      .selectFrom('uploads')
      .select('id')
      .where('id', 'in', [...uploads.keys()])
      .execute(),
  ])
  return new Set([
    ...blobs.map(row => row.storage_key),
    ...condemned.map(row => row.storage_key),
    ...sessions.flatMap(row => uploads.get(row.id) ?? []).map(object => object.key),
  ])
}

export function createDangling({ db }: Engine): Dangling {
  return {
    tags: limit =>
      db
        .selectFrom('tags')
        .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
        .leftJoin('manifests', join =>
          join
            .onRef('manifests.repository_id', '=', 'tags.repository_id')
            .onRef('manifests.digest', '=', 'tags.digest'),
        )
        .select(['repositories.name as repository', 'tags.name as tag', 'tags.digest'])
        .where('manifests.id', 'is', null)
        .limit(limit)
        .execute(),
    links: limit =>
      db
        .selectFrom('repository_blobs as link')
        .innerJoin('repositories', 'repositories.id', 'link.repository_id')
        .leftJoin('blobs', 'blobs.digest', 'link.digest')
        .select(['repositories.name as repository', 'link.digest'])
        .where('blobs.digest', 'is', null)
        .limit(limit)
        .execute(),
  }
}

export function createDamageRecords(engine: Engine): DamageRecords {
  return {
    markBlob: ({ digest, storageKey }) =>
      engine.write(async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('blobs')
          .set({ state: 'damaged' })
          .where('digest', '=', digest)
          .where('storage_key', '=', storageKey)
          .where('state', '=', 'stored')
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    markTrashed: id =>
      engine.write(async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('trash')
          .set({ state: 'damaged' })
          .where('id', '=', id)
          .where('state', '=', 'stored')
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    markManifest: id =>
      engine.write(async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('manifests')
          .set({ state: 'damaged' })
          .where('id', '=', id)
          .where('state', '=', 'stored')
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
  }
}
