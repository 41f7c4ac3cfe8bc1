import type { ImmutabilityRule } from '../../stores/metadata/index.ts'
import { isAbout } from './judge.ts'
import type { Protection } from './protection.ts'

/** How many tags are looked at to find out what retention could not delete. */
const LOOKED_AT = 5000

/** What whoever makes the rule should know: it works against something, or for ever. */
export async function ruleWarnings(protection: Protection, rule: ImmutabilityRule): Promise<readonly string[]> {
  if (rule.immutableForDays !== undefined) return []
  const forEver = `The rule "${rule.name}" holds its tags for ever, and retention never deletes one of them. With immutableForDays it may after so many days; with 0 it may at once, and people still may not.`
  return [forEver, ...(await powerlessRules(protection, rule))]
}

/** Rules of retention that could never do anything, as tags are now. */
async function powerlessRules(protection: Protection, rule: ImmutabilityRule): Promise<readonly string[]> {
  const { project } = rule
  if (project === undefined) return []
  const deleting = await protection.deletingRules(project)
  if (deleting.length === 0) return []
  const tags = await protection.rules.tags({ project, after: undefined, limit: LOOKED_AT })
  return deleting.flatMap(({ name, selects }) => {
    const selected = tags.filter(({ repository, tag }) => selects(repository, tag))
    const held = selected.filter(({ repository, tag }) => isAbout(rule, repository, tag))
    if (held.length === 0) return []
    const share = held.length === selected.length ? 'all' : `${held.length} of`
    return [
      `The retention rule "${name}" could never delete ${share} ${selected.length} tags that it is about now, such as ${held[0]?.repository}:${held[0]?.tag}.`,
    ]
  })
}
