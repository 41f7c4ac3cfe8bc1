import type { NominatedCandidate } from '../../stores/metadata/index.ts'
import { expireTrash } from './expire-trash.ts'
import type { CollectOptions, CollectReport, CollectRules, GarbageCollection } from './garbage-collection.ts'
import { removeCondemned } from './remove-condemned.ts'
import { removeStaleUploads } from './remove-stale-uploads.ts'

/** Small, because a batch is one transaction, and requests wait while it runs. */
const BATCH = 25
/** An index of indexes of images: each pass makes the next level's members candidates, at once if there is no grace. */
const MAX_PASSES = 16

/**
 * Removes what nothing refers to, while the registry serves. It looks only at what changed since it was last looked
 * at, in batches of which each is a transaction of its own: a run that is killed loses nothing and is simply
 * continued by the next.
 */
export async function collectGarbage(
  gc: GarbageCollection,
  rules: CollectRules,
  options: CollectOptions,
): Promise<CollectReport> {
  const none = { kept: 0, trash: 0, manifests: 0, blobLinks: 0, uploads: 0, objects: 0, freedBytes: 0 }
  const report = { dryRun: options.dryRun, ...none }
  report.trash = await expireTrash(gc, options)
  const passes = options.dryRun ? 1 : MAX_PASSES
  for (let pass = 0; pass < passes && !options.signal?.aborted; pass++) {
    const before = report.manifests + report.blobLinks
    await collectPass(gc, rules, options, report)
    if (report.manifests + report.blobLinks === before) break
  }
  report.uploads = await removeStaleUploads(gc, rules, options)
  if (!options.dryRun) {
    const removed = await removeCondemned(gc, rules, options)
    report.objects += removed.objects
    report.freedBytes += removed.freedBytes
  }
  return report
}

type Counts = { -readonly [Name in keyof CollectReport]: CollectReport[Name] }

async function collectPass(
  gc: GarbageCollection,
  rules: CollectRules,
  options: CollectOptions,
  report: Counts,
): Promise<void> {
  const before = gc.clock() - rules.graceMs
  const kinds = rules.untagged === 'delete' ? (['manifest', 'blob'] as const) : (['blob'] as const)
  let total = 0
  for (const kind of kinds) total += await gc.collection.count(kind, before)
  let done = 0
  for (const kind of kinds) {
    let after: NominatedCandidate | undefined
    while (!options.signal?.aborted) {
      const page = await gc.collection.candidates(kind, { before, limit: BATCH, ...(after ? { after } : {}) })
      if (page.length === 0) break
      await (options.dryRun ? judgePage : collectBatch)(gc, page, before, options, report)
      after = page.at(-1)
      done += page.length
      options.onProgress?.(done, Math.max(total, done))
    }
  }
}

async function collectBatch(
  gc: GarbageCollection,
  page: readonly NominatedCandidate[],
  _before: number,
  options: CollectOptions,
  report: Counts,
): Promise<void> {
  const verdicts = await gc.collection.collect(page, gc.clock())
  for (const [index, candidate] of page.entries()) {
    if (verdicts[index] === 'needed') report.kept += 1
    if (verdicts[index] === 'removed') countRemoved(candidate, options, report)
  }
}

async function judgePage(
  gc: GarbageCollection,
  page: readonly NominatedCandidate[],
  before: number,
  options: CollectOptions,
  report: Counts,
): Promise<void> {
  for (const candidate of page) {
    const { verdict, frees } = await gc.collection.judge(candidate, before)
    if (verdict === 'needed') report.kept += 1
    if (verdict === 'removed') countRemoved(candidate, options, report)
    if (frees) {
      report.objects += 1
      report.freedBytes += candidate.sizeBytes
    }
  }
}

function countRemoved(candidate: NominatedCandidate, options: CollectOptions, report: Counts): void {
  if (candidate.kind === 'blob') report.blobLinks += 1
  else report.manifests += 1
  options.onRemoved?.(candidate)
}
