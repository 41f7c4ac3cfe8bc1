import type { Descriptor, Digest, Tag } from '../../oci/index.ts'
import { nominateUntagged, withdrawAll } from './candidates.ts'
import { chunks } from './chunks.ts'
import type { Queries } from './engine.ts'
import { judgePush, type TagState } from './judge-push.ts'
import type { NewManifest, PutOutcome } from './manifest-port.ts'
import { requireFreeName } from './names/redirects.ts'
import { pointTag } from './names/tag-changes.ts'
import { type RepositoryProtection, repositoryWithProtection } from './protection.ts'
import { ensureRepository } from './repositories.ts'
import type { ReferenceKind } from './schema.ts'
import { withinQuotas } from './usage/within-quotas.ts'

/** @throws OverQuota. */
export async function putManifest(queries: Queries, request: NewManifest): Promise<PutOutcome> {
  const { result, standings } = await withinQuotas(queries, { change: request, repository: request.repository }, () =>
    putRows(queries, request),
  )
  return result.outcome === 'stored' ? { ...result, quotas: standings } : result
}

async function putRows(queries: Queries, request: NewManifest): Promise<PutOutcome> {
  const { repository, manifest, allowAbsent, now } = request
  const existing = await repositoryWithProtection(queries, repository)
  if (existing === undefined) await requireFreeName(queries, repository)
  const present = await presentTargets(queries, existing?.id, request)
  const absent = [...manifest.blobs, ...manifest.manifests].filter(target => !present.has(target.digest))
  if (absent.length > 0 && allowAbsent === 'none') return { outcome: 'absent', absent }
  for (const descriptor of [...manifest.blobs, ...manifest.manifests]) {
    const stored = present.get(descriptor.digest)
    if (stored && stored.sizeBytes !== descriptor.size)
      return { outcome: 'wrong size', descriptor, storedBytes: stored.sizeBytes }
  }
  const refused = existing && (await refuseMoves(queries, existing, request))
  if (refused) return refused
  const id = existing?.id ?? (await ensureRepository(queries, repository, now))
  await storeManifest(queries, id, request)
  await storeReferences(queries, id, request, present)
  const moved = new Map<Tag, Digest | undefined>()
  for (const tag of request.tags) moved.set(tag, await moveTag(queries, id, tag, request))
  await nominateUntagged(queries, id, request.digest, now)
  return { outcome: 'stored', absent, moved, quotas: [] }
}

/** Looked at where the tag is moved, and not before: nothing can come in between. */
async function refuseMoves(
  queries: Queries,
  place: RepositoryProtection,
  request: NewManifest,
): Promise<PutOutcome | undefined> {
  const { id, isProtected } = place
  const { tags, digest, mayMove } = request
  if (!isProtected && tags.every(mayMove)) return undefined
  const before = await statesOf(queries, id, tags)
  for (const tag of tags) {
    const by = before.get(tag)?.digest
    if (by !== undefined && by !== digest && !mayMove(tag)) return { outcome: 'tag taken', tag, by }
  }
  return isProtected ? judgePush(queries, place, request, before) : undefined
}

/** Where the tags point; those that are new are not in it. */
async function statesOf(queries: Queries, id: number, tags: readonly Tag[]): Promise<ReadonlyMap<Tag, TagState>> {
  const states = new Map<Tag, TagState>()
  for (const names of chunks(tags)) {
    const rows = await queries
      .selectFrom('tags')
      .select(['name', 'digest', 'updated_at'])
      .where('repository_id', '=', id)
      .where('name', 'in', names)
      .execute()
    for (const row of rows) states.set(row.name, { digest: row.digest, setAt: row.updated_at })
  }
  return states
}

interface Target {
  readonly sizeBytes: number
  readonly kind: ReferenceKind
}

/** Those blobs and manifests that the repository has, by digest. */
async function presentTargets(queries: Queries, id: number | undefined, { manifest }: NewManifest) {
  const present = new Map<Digest, Target>()
  if (id === undefined) return present
  await addManifests(queries, id, manifest.manifests, present)
  // BuildKit keeps its cache as an index that names layers.
  const others = manifest.manifests.filter(target => !present.has(target.digest))
  await addBlobs(queries, id, [...manifest.blobs, ...others], present)
  return present
}

async function addBlobs(queries: Queries, id: number, wanted: readonly Descriptor[], present: Map<Digest, Target>) {
  for (const digests of chunks(digestsOf(wanted))) {
    const rows = await queries
      .selectFrom('repository_blobs')
      .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
      .select(['blobs.digest', 'blobs.size_bytes'])
      .where('repository_blobs.repository_id', '=', id)
      .where('blobs.digest', 'in', digests)
      .where('blobs.state', '=', 'stored')
      .execute()
    for (const row of rows) present.set(row.digest, { sizeBytes: row.size_bytes, kind: 'blob' })
  }
}

async function addManifests(queries: Queries, id: number, wanted: readonly Descriptor[], present: Map<Digest, Target>) {
  for (const digests of chunks(digestsOf(wanted))) {
    const rows = await queries
      .selectFrom('manifests')
      .select(['digest', 'size_bytes'])
      .where('repository_id', '=', id)
      .where('digest', 'in', digests)
      .where('state', '=', 'stored')
      .execute()
    for (const row of rows) present.set(row.digest, { sizeBytes: row.size_bytes, kind: 'manifest' })
  }
}

async function storeManifest(queries: Queries, id: number, { manifest, digest, bytes, now }: NewManifest) {
  const content = {
    media_type: manifest.mediaType,
    artifact_type: manifest.artifactType ?? null,
    subject: manifest.subject?.digest ?? null,
    annotations: manifest.annotations ? JSON.stringify(manifest.annotations) : null,
    size_bytes: bytes.length,
    pushed_at: now,
    state: 'stored' as const,
    bytes,
  }
  await queries
    .insertInto('manifests')
    .values({ repository_id: id, digest, ...content })
    // The bytes are the same, so what they are taken for stays: who may only create must not change what is there.
    .onConflict(conflict =>
      conflict.columns(['repository_id', 'digest']).doUpdateSet({ pushed_at: now, state: content.state, bytes }),
    )
    .execute()
}

async function storeReferences(
  queries: Queries,
  id: number,
  { manifest, digest }: NewManifest,
  present: ReadonlyMap<Digest, Target>,
) {
  const kindOf = (target: Digest, expected: ReferenceKind) => present.get(target)?.kind ?? expected
  const targets = new Map<Digest, ReferenceKind>([
    ...manifest.blobs.map(target => [target.digest, 'blob'] as const),
    ...manifest.manifests.map(target => [target.digest, kindOf(target.digest, 'manifest')] as const),
  ])
  const rows = [...targets].map(([target, kind]) => {
    const size_bytes = kind === 'blob' ? (present.get(target)?.sizeBytes ?? null) : null
    return { repository_id: id, manifest: digest, target, kind, size_bytes }
  })
  for (const values of chunks(rows)) {
    await queries
      .insertInto('manifest_references')
      .values(values)
      .onConflict(conflict => conflict.columns(['repository_id', 'manifest', 'target', 'kind']).doNothing())
      .execute()
  }
  for (const kind of ['blob', 'manifest'] as const) {
    const named = rows.filter(row => row.kind === kind).map(row => row.target)
    for (const digests of chunks(named)) await withdrawAll(queries, { repositoryId: id, digests, kind })
  }
}

/** Gives where it pointed before. */
export async function moveTag(
  queries: Queries,
  repositoryId: number,
  tag: Tag,
  { digest, now, by }: NewManifest,
): Promise<Digest | undefined> {
  const before = await pointTag(queries, { repositoryId, tag, digest }, { now, by })
  if (before !== undefined && before !== digest) await nominateUntagged(queries, repositoryId, before, now)
  return before
}

function digestsOf(descriptors: readonly Descriptor[]): readonly Digest[] {
  return [...new Set(descriptors.map(descriptor => descriptor.digest))]
}
