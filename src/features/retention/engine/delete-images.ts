import type { Tag } from '../../../oci/index.ts'
import type { Expired, Expiry } from '../../../stores/metadata/index.ts'
import { judgeChange } from '../../protection/index.ts'
import type { RetentionPolicy } from '../policy.ts'
import type { PlannedImage } from './images.ts'
import type { RepositoryPlan } from './plan-repository.ts'
import { recordOfExpiry } from './recorded.ts'
import type { RetentionEngine } from './retention-engine.ts'

/** Tags and images in one transaction: few, because pushes wait while it runs. */
const BATCH = 50

export interface Deleting extends Pick<RetentionEngine, 'removal' | 'trashMs'> {
  readonly policy: RetentionPolicy
  /** The name of who wanted the run. */
  readonly by: string
  readonly now: number
  readonly deletion: string
}

export interface DeletedImage {
  readonly image: PlannedImage
  /** By tag (undefined: the image without one) why it stays although it was to go. */
  readonly skipped: ReadonlyMap<Tag | undefined, string>
}

/** Deletes what is to go of these images, a few in a transaction; gives every image in its turn. */
export async function* deleteImages(
  deleting: Deleting,
  plan: RepositoryPlan,
  images: readonly PlannedImage[],
  signal: AbortSignal,
): AsyncGenerator<DeletedImage> {
  let batch: PlannedImage[] = []
  let size = 0
  for (const image of images) {
    batch.push(image)
    size += image.entries.filter(({ number }) => isGoing(plan, number)).length
    if (size < BATCH) continue
    // Between two: of what was deleted everything is told.
    if (signal.aborted) return
    yield* await deleteBatch(deleting, plan, batch)
    batch = []
    size = 0
  }
  if (signal.aborted) return
  yield* await deleteBatch(deleting, plan, batch)
}

async function deleteBatch(
  { removal, trashMs, policy, by, now, deletion }: Deleting,
  plan: RepositoryPlan,
  batch: readonly PlannedImage[],
): Promise<readonly DeletedImage[]> {
  const expired = batch.map(image => expiredOf(policy, plan, image))
  const wanted = expired.filter(each => each !== undefined)
  const outcomes =
    wanted.length === 0
      ? []
      : await removal.remove(
          wanted,
          { now, by, deletion, trashMs, judge: judgeChange },
          recordOfExpiry({ repository: plan.entries.repository.name, by, at: now }),
        )
  let next = 0
  return batch.map((image, at) => ({ image, skipped: reasonsOf(expired[at] && outcomes[next++]) }))
}

function expiredOf(policy: RetentionPolicy, plan: RepositoryPlan, image: PlannedImage): Expired | undefined {
  const { repository, pulledAt } = plan.entries
  const going = image.entries.filter(({ number }) => isGoing(plan, number))
  const [first] = going
  if (!first) return undefined
  const ruleOf = (number: number) => policy.rules[-(plan.verdicts[number] as number) - 1]?.name ?? ''
  return {
    repositoryId: repository.id,
    repository: repository.name,
    digest: image.digest,
    tags: going.flatMap(({ tag, setAt, number }) =>
      tag === undefined ? [] : [{ name: tag, setAt, rule: ruleOf(number) }],
    ),
    untagged: first.tag === undefined ? { pushedAt: first.setAt, rule: ruleOf(first.number) } : undefined,
    isWhole: image.goes,
    pulledAt: pulledAt?.[image.image],
  }
}

function isGoing({ verdicts, isProtected }: RepositoryPlan, number: number): boolean {
  return (verdicts[number] as number) < 0 && !isProtected[number]
}

function reasonsOf(expiry: Expiry | undefined): DeletedImage['skipped'] {
  const words = { changed: 'it changed while the run went on', pulled: 'it was pulled while the run went on' }
  return new Map(
    (expiry?.skipped ?? []).map(({ tag, because }) => [
      tag,
      typeof because === 'string' ? words[because] : because.because,
    ]),
  )
}
