import type { Digest } from '../../../oci/index.ts'
import { chunks } from '../chunks.ts'
import type { Queries } from '../engine.ts'
import { isStoredManifest } from '../is-manifest.ts'
import { companionsOf, findManifest, type TrashEntry } from './entries.ts'

/** What restoring an entry takes: those that come with it, each after what it needs. */
export interface RestorePlan {
  readonly order: readonly TrashEntry[]
  /** Content that is not there undamaged: the entry cannot be restored. */
  readonly missing: readonly Digest[]
  /** Companions that cannot be restored, while the entry can. */
  readonly incomplete: readonly { readonly entry: TrashEntry; readonly missing: readonly Digest[] }[]
}

/**
 * The manifests that it names come from the trash too, where they lie there; with a manifest comes what refers to it and
 * went in the same deletion, and with a manifest that was asked for the tags that were taken from it in that deletion.
 */
export function planRestore(queries: Queries, root: TrashEntry): Promise<RestorePlan> {
  return new Planning(queries, root.kind === 'manifest').plan(root)
}

class Planning {
  readonly #queries: Queries
  readonly #withTags: boolean
  /** An entry that is being looked at counts as one that comes back: what names it is not before it. */
  readonly #known = new Map<string, RestorePlan>()

  constructor(queries: Queries, withTags: boolean) {
    this.#queries = queries
    this.#withTags = withTags
  }

  async plan(entry: TrashEntry): Promise<RestorePlan> {
    const known = this.#known.get(entry.id)
    if (known) return known
    this.#known.set(entry.id, { order: [], missing: [], incomplete: [] })
    const plan = await this.#planAnew(entry)
    this.#known.set(entry.id, plan)
    return plan
  }

  async #planAnew(entry: TrashEntry): Promise<RestorePlan> {
    const { blobs, manifests } = await absentTargets(this.#queries, entry)
    const missing = [...(await damageOf(this.#queries, entry)), ...blobs]
    const order: TrashEntry[] = []
    const incomplete = []
    for (const digest of manifests) {
      const child = await findManifest(this.#queries, { ...entry, digest })
      const planned = child && (await this.plan(child))
      if (!planned) missing.push(digest)
      else {
        missing.push(...planned.missing)
        order.push(...planned.order)
        incomplete.push(...planned.incomplete)
      }
    }
    if (missing.length > 0) return { order: [], missing, incomplete: [] }
    order.push(entry)
    for (const companion of entry.kind === 'manifest' ? await companionsOf(this.#queries, entry) : []) {
      const isOwnTag = companion.kind === 'tag' && companion.digest === entry.digest
      if (isOwnTag && !this.#withTags) continue
      const planned = await this.plan(companion)
      if (planned.missing.length > 0) incomplete.push({ entry: companion, missing: planned.missing })
      order.push(...planned.order)
      incomplete.push(...planned.incomplete)
    }
    return { order, missing: [], incomplete }
  }
}

/** Its own bytes, unless somebody pushed them again. */
async function damageOf(queries: Queries, { isDamaged, repositoryId, digest }: TrashEntry): Promise<readonly Digest[]> {
  if (!isDamaged) return []
  return (await isStoredManifest(queries, repositoryId, digest)) ? [] : [digest]
}

/** What it held: blobs of which the bytes are not there, and manifests that the repository has not. */
async function absentTargets(queries: Queries, { id, repositoryId }: TrashEntry) {
  const held = await queries
    .selectFrom('trash_references')
    .select(['target', 'kind'])
    .where('trash_id', '=', id)
    .where('is_held', '=', 1)
    .execute()
  const named = (kind: 'blob' | 'manifest') => held.filter(row => row.kind === kind).map(row => row.target)
  const stored = new Set<Digest>()
  for (const digests of chunks(named('blob'))) {
    const rows = await queries
      .selectFrom('blobs')
      .select('digest')
      .where('digest', 'in', digests)
      .where('state', '=', 'stored')
      .execute()
    for (const { digest } of rows) stored.add(digest)
  }
  const live = new Set<Digest>()
  for (const digests of chunks(named('manifest'))) {
    const rows = await queries
      .selectFrom('manifests')
      .select('digest')
      .where('repository_id', '=', repositoryId)
      .where('digest', 'in', digests)
      .where('state', '=', 'stored')
      .execute()
    for (const { digest } of rows) live.add(digest)
  }
  return {
    blobs: named('blob').filter(digest => !stored.has(digest)),
    manifests: named('manifest').filter(digest => !live.has(digest)),
  }
}
