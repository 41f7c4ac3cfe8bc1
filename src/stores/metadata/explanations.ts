import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import { nominatedSince } from './candidates.ts'
import type { Engine } from './engine.ts'
import type { ReferenceKind } from './schema.ts'
import { type TrashReason, trashHolding, trashPlaces, trashReason } from './trash/reasons.ts'

export type { TrashReason } from './trash/reasons.ts'

const MOST_NAMED = 10

/** Why a digest is kept in one repository. Lists hold at most ten. */
export interface Explanation {
  readonly repository: RepositoryName
  readonly kind: ReferenceKind
  /** Tags on the manifest. */
  readonly tags: readonly Tag[]
  /** Manifests of the repository that name it: images a blob, indexes a manifest. */
  readonly referencedBy: readonly Digest[]
  /** The manifest it is a referrer of, if that is in the repository. */
  readonly subject?: Digest
  /** What lies in the trash and is it, or needs it; the one that lies longest. */
  readonly trash?: TrashReason
  /** Since when garbage collection has been asked to look at it. */
  readonly candidateSince?: number
}

export interface Explanations {
  /** One for each repository that has the digest, at most a thousand. */
  inRepositories(digest: Digest): Promise<readonly Explanation[]>
  /** The stored object of a blob: its size and state, or since when it is on its way out. */
  object(
    digest: Digest,
  ): Promise<{ readonly sizeBytes: number; readonly state: string; readonly condemnedAt?: number } | undefined>
}

interface Place {
  readonly id: number
  readonly name: RepositoryName
  readonly kind: ReferenceKind
  /** The manifest is in the trash, and not in the repository. */
  readonly isTrashed?: boolean
}

export function createExplanations({ db }: Engine): Explanations {
  const placesOf = async (digest: Digest): Promise<readonly Place[]> => {
    const place = (table: 'repository_blobs' | 'manifests') =>
      db
        .selectFrom(table)
        .innerJoin('repositories', 'repositories.id', `${table}.repository_id`)
        .select(['repositories.id', 'repositories.name'])
        .where(`${table}.digest`, '=', digest)
        .limit(1000)
        .execute()
    const blobs = (await place('repository_blobs')).map(row => ({ ...row, kind: 'blob' as const }))
    const manifests = (await place('manifests')).map(row => ({ ...row, kind: 'manifest' as const }))
    const isNew = ({ id }: { id: number }) => !manifests.some(known => known.id === id)
    const trashed = (await trashPlaces(db, digest)).filter(isNew)
    const unlinked = (await trashHolding(db, digest)).filter(({ id }) => !blobs.some(known => known.id === id))
    return [
      ...blobs,
      ...unlinked.map(row => ({ ...row, kind: 'blob' as const })),
      ...manifests,
      ...trashed.map(row => ({ ...row, kind: 'manifest' as const, isTrashed: true })),
    ]
  }
  /** What only manifests have. */
  const explainManifest = async (id: number, digest: Digest) => {
    const tags = await db
      .selectFrom('tags')
      .select('name')
      .where('repository_id', '=', id)
      .where('digest', '=', digest)
      .limit(MOST_NAMED)
      .execute()
    const subject = await db
      .selectFrom('manifests as referrer')
      .innerJoin('manifests as subject', join =>
        join
          .onRef('subject.repository_id', '=', 'referrer.repository_id')
          .onRef('subject.digest', '=', 'referrer.subject'),
      )
      .select('subject.digest')
      .where('referrer.repository_id', '=', id)
      .where('referrer.digest', '=', digest)
      .executeTakeFirst()
    return { tags: tags.map(row => row.name), ...(subject ? { subject: subject.digest } : {}) }
  }
  const explain = async (digest: Digest, { id, name, kind, isTrashed = false }: Place) => {
    const references = await db
      .selectFrom('manifest_references')
      .select('manifest')
      .where('repository_id', '=', id)
      .where('target', '=', digest)
      .where('kind', '=', kind)
      .limit(MOST_NAMED)
      .execute()
    const trash = await trashReason(db, { repositoryId: id, digest, kind }, isTrashed)
    const since = await nominatedSince(db, { repositoryId: id, digest, kind })
    return {
      repository: name,
      kind,
      referencedBy: references.map(row => row.manifest),
      ...(kind === 'manifest' ? await explainManifest(id, digest) : { tags: [] }),
      ...(trash ? { trash } : {}),
      ...(since === undefined ? {} : { candidateSince: since }),
    }
  }
  return {
    async inRepositories(digest) {
      const explanations: Explanation[] = []
      for (const place of await placesOf(digest)) explanations.push(await explain(digest, place))
      return explanations
    },
    async object(digest) {
      const blob = await db
        .selectFrom('blobs')
        .select(['size_bytes', 'state'])
        .where('digest', '=', digest)
        .executeTakeFirst()
      if (blob) return { sizeBytes: blob.size_bytes, state: blob.state }
      const condemned = await db
        .selectFrom('condemned_objects')
        .select(['size_bytes', 'condemned_at'])
        .where('digest', '=', digest)
        .executeTakeFirst()
      return condemned && { sizeBytes: condemned.size_bytes, state: 'condemned', condemnedAt: condemned.condemned_at }
    },
  }
}
