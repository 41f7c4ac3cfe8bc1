import { matchesGlob } from '../../oci/index.ts'
import type { ImmutabilityRule, TagOfRepository } from '../../stores/metadata/index.ts'
import { invalid, type Permit } from '../access/index.ts'
import type { RuleInput } from './check-rule.ts'
import { requireProject, ruleOfInput } from './immutability-rules.ts'
import { holdsOn } from './judge.ts'
import { type Protection, scopeOf } from './protection.ts'
import { ruleWarnings } from './warnings.ts'

export interface PreviewInput {
  /** One that is not made yet; absent: those that are in force. */
  readonly rule?: RuleInput | undefined
  /** Globs, over whole names of repositories and over tags. */
  readonly repository?: string | undefined
  readonly tag?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

export interface HeldTag extends TagOfRepository {
  readonly rule: string
  /** `the registry` or `project shop`. */
  readonly of: string | undefined
  /** Until when people, and retention, may not change it; undefined: for ever. */
  readonly untilForPeople: number | undefined
  readonly untilForRetention: number | undefined
}

export interface Preview {
  readonly items: readonly HeldTag[]
  /** Tags that were looked at for this page. */
  readonly examined: number
  /** What `after` is for the next page; undefined: all were looked at. */
  readonly next: string | undefined
  readonly warnings: readonly string[]
}

/** How many tags are looked at for one page, found or not. */
const EXAMINED = 5000

/** Which of the tags that are there are immutable, or would be. Changes nothing. @throws INVALID, NOT_FOUND. */
export async function previewImmutability(
  protection: Protection,
  permit: Permit<'manage policy' | 'see registry'>,
  { rule: input, repository, tag, after, limit }: PreviewInput,
): Promise<Preview> {
  const project = scopeOf(permit)
  await requireProject(protection, project)
  const planned = input && ruleOfInput(project, 'this one', input)
  const rules = planned ? undefined : await rulesInForce(protection, project)
  const now = protection.clock()
  const items: HeldTag[] = []
  const tags = await protection.rules.tags({ project, after: placeOf(after), limit: EXAMINED })
  let last: TagOfRepository | undefined
  let examined = 0
  for (const each of tags) {
    if (items.length === limit) break
    last = each
    examined += 1
    if (repository !== undefined && !matchesGlob(repository, each.repository)) continue
    if (tag !== undefined && !matchesGlob(tag, each.tag)) continue
    const held = strictestHold(planned ? [planned] : rulesFor(rules, each.repository), each, now)
    if (held) items.push(held)
  }
  const isAll = examined === tags.length && tags.length < EXAMINED
  return {
    items,
    examined,
    next: isAll || !last ? undefined : `${last.repository}:${last.tag}`,
    warnings: planned && after === undefined ? await ruleWarnings(protection, planned) : [],
  }
}

interface RulesInForce {
  readonly registry: readonly ImmutabilityRule[]
  readonly byProject: ReadonlyMap<string, readonly ImmutabilityRule[]>
}

async function rulesInForce(protection: Protection, project: string | undefined): Promise<RulesInForce> {
  const registry = await protection.rules.list(undefined)
  const byProject = new Map<string, readonly ImmutabilityRule[]>()
  if (project !== undefined) byProject.set(project, await protection.rules.list(project))
  return { registry, byProject }
}

function rulesFor(rules: RulesInForce | undefined, repository: string): readonly ImmutabilityRule[] {
  const project = repository.split('/')[0] as string
  return [...(rules?.registry ?? []), ...(rules?.byProject.get(project) ?? [])]
}

function strictestHold(rules: readonly ImmutabilityRule[], tag: TagOfRepository, now: number): HeldTag | undefined {
  const holds = holdsOn({ repository: tag.repository, rules }, tag)
    .filter(({ untilForPeople, untilForRetention }) => Math.max(untilForPeople, untilForRetention) > now)
    .toSorted(
      (one, other) =>
        compare(other.untilForPeople, one.untilForPeople) || compare(other.untilForRetention, one.untilForRetention),
    )
  const [first] = holds
  if (!first) return undefined
  const latest = (untils: readonly number[]) => {
    const until = Math.max(...untils)
    return Number.isFinite(until) ? until : undefined
  }
  return {
    ...tag,
    rule: first.rule.name,
    of: first.rule.project,
    untilForPeople: latest(holds.map(hold => hold.untilForPeople)),
    untilForRetention: latest(holds.map(hold => hold.untilForRetention)),
  }
}

/** Infinity minus itself is no number. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1
}

function placeOf(after: string | undefined) {
  if (after === undefined) return undefined
  const colon = after.indexOf(':')
  if (colon < 1) throw invalid({ field: 'after', message: 'expected what the page before gave as next' })
  return { repository: after.slice(0, colon), tag: after.slice(colon + 1) }
}
