import type { Tag } from '../../../oci/index.ts'
import type { RetentionPolicy } from '../policy.ts'
import type { RetentionItem } from '../run-port.ts'
import { becauseOf, NO_RULE } from './because.ts'
import type { PlannedImage } from './images.ts'
import { type RepositoryPlan, refusalOf } from './plan-repository.ts'

type Told = Pick<RetentionItem, 'action' | 'rule' | 'because'>

/**
 * What becomes of the image, tags of one fate together.
 * @param skipped by tag (undefined: the image without one) why it stays although it was to go.
 */
export function itemsOf(
  policy: RetentionPolicy,
  plan: RepositoryPlan,
  image: PlannedImage,
  { now, skipped }: { readonly now: number; readonly skipped?: ReadonlyMap<Tag | undefined, string> },
): readonly RetentionItem[] {
  const fates: (Told & { readonly tags: Tag[] })[] = []
  for (const entry of image.entries) {
    const told = fateOf(policy, plan, { entry, now, why: skipped?.get(entry.tag) })
    const same = fates.find(fate => isSame(fate, told))
    const { action, rule, because } = told
    const tags: Tag[] = same?.tags ?? []
    if (!same) fates.push({ action, rule, because, tags })
    if (entry.tag !== undefined) tags.push(entry.tag)
  }
  let bytes = skipped && skipped.size > 0 ? 0 : image.freedBytes
  return fates.map(({ tags, action, rule, because }) => {
    const freed = action === 'delete' ? bytes : 0
    bytes -= freed
    const { digest } = image
    return { repository: plan.entries.repository.name, digest, tags, action, rule, because, bytes: freed }
  })
}

function isSame(one: Told, other: Told): boolean {
  return one.action === other.action && one.rule === other.rule && one.because === other.because
}

function fateOf(
  { rules }: RetentionPolicy,
  plan: RepositoryPlan,
  { entry, now, why }: { entry: PlannedImage['entries'][number]; now: number; why: string | undefined },
): Told {
  const verdict = plan.verdicts[entry.number] as number
  const rule = rules[Math.abs(verdict) - 1]
  if (!rule) return { action: 'keep', rule: null, because: NO_RULE }
  if (verdict > 0) return { action: 'keep', rule: rule.name, because: becauseOf(rule) }
  if (why !== undefined)
    return { action: 'keep', rule: null, because: `${why} (the rule "${rule.name}" would delete it)` }
  if (plan.isProtected[entry.number] && plan.protection) {
    const held = refusalOf(plan.protection, entry, now)
    return { action: 'keep', rule: null, because: `${held} (the rule "${rule.name}" would delete it)` }
  }
  return { action: 'delete', rule: rule.name, because: becauseOf(rule) }
}
