import type { ImmutabilityRule, StoredImmutabilityRule } from '../../stores/metadata/index.ts'
import { conflict, done, invalid, notFound, type Permit } from '../access/index.ts'
import { type RuleInput, ruleFaults } from './check-rule.ts'
import { type Protection, scopeOf, scopeText } from './protection.ts'
import { tagPatternText } from './tag-patterns.ts'
import { ruleWarnings } from './warnings.ts'

type Manage = Permit<'manage policy' | 'manage registry'>

/** Each is matched with the tags of each push. */
const MOST = 100
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

/** Those of the project, or of the registry, in the order in which they were made. @throws NOT_FOUND. */
export async function listImmutabilityRules(
  protection: Protection,
  permit: Permit<'see project' | 'see registry'>,
): Promise<readonly StoredImmutabilityRule[]> {
  const project = scopeOf(permit)
  await requireProject(protection, project)
  return protection.rules.list(project)
}

/**
 * Makes the rule, or replaces the one of that name, in one: no tag is free in between. It holds at once, for tags that
 * are there too. @throws INVALID, NOT_FOUND, CONFLICT.
 */
export async function putImmutabilityRule(
  protection: Protection,
  permit: Manage,
  name: string,
  input: RuleInput,
): Promise<{ readonly rule: StoredImmutabilityRule; readonly warnings: readonly string[] }> {
  const project = scopeOf(permit)
  if (name.length > 64 || !NAME.test(name))
    throw invalid({ field: 'rule', message: 'expected up to 64 lower-case letters and digits, separated by . _ or -' })
  const rule = ruleOfInput(project, name, input)
  const [now, by] = [protection.clock(), permit.principal.name]
  const entry = { at: now, kind: 'immutability rule', id: name }
  const put = await protection.rules.put({ ...rule, now, by, most: MOST }, result => {
    if (result.outcome === 'created')
      return [done(permit, { ...entry, type: 'immutability-rule.create', detail: told(rule) })]
    if (result.outcome !== 'replaced') return []
    const detail = { ...toldAs('before', result.before), ...toldAs('after', rule) }
    return [done(permit, { ...entry, type: 'immutability-rule.update', detail })]
  })
  if (put.outcome === 'unknown project') throw notFound(`project ${project}`)
  if (put.outcome === 'too many')
    throw conflict(`There are ${MOST} rules in ${scopeText(project)} already: remove some first.`)
  const warnings = await ruleWarnings(protection, rule)
  return { rule: { ...rule, createdAt: now, createdBy: by }, warnings }
}

/** What it held is free at once. @throws NOT_FOUND. */
export async function removeImmutabilityRule(protection: Protection, permit: Manage, name: string): Promise<void> {
  const project = scopeOf(permit)
  const entry = { type: 'immutability-rule.delete', at: protection.clock(), kind: 'immutability rule', id: name }
  const removed = await protection.rules.remove({ project, name }, before =>
    before ? [done(permit, { ...entry, detail: told(before) })] : [],
  )
  if (!removed) throw notFound(`immutability rule ${name} in ${scopeText(project)}`)
}

/** @throws INVALID naming each fault. */
export function ruleOfInput(project: string | undefined, name: string, input: RuleInput): ImmutabilityRule {
  const faults = ruleFaults(project, input)
  if (faults.length > 0) throw invalid(...faults)
  const { repositories = [], exceptRepositories = [], tags, exceptTags = [], immutableForDays, afterwards } = input
  const rule = { project, name, repositories, exceptRepositories, tags, exceptTags, immutableForDays }
  return { ...rule, afterwards: afterwards ?? 'retention' }
}

/** @throws NOT_FOUND. */
export async function requireProject(protection: Protection, project: string | undefined): Promise<void> {
  if (project !== undefined && !(await protection.hasProject(project))) throw notFound(`project ${project}`)
}

function told({ repositories, exceptRepositories, tags, exceptTags, immutableForDays, afterwards }: ImmutabilityRule) {
  return {
    repositories,
    exceptRepositories,
    tags: tags.map(tagPatternText),
    exceptTags: exceptTags.map(tagPatternText),
    immutableForDays: immutableForDays ?? null,
    ...(immutableForDays === undefined ? {} : { afterwards }),
  }
}

function toldAs(when: 'before' | 'after', rule: ImmutabilityRule) {
  return Object.fromEntries(Object.entries(told(rule)).map(([name, value]) => [`${name}.${when}`, value]))
}
