import {
  addLock,
  type LockOfRepository,
  listImmutabilityRules,
  listLocks,
  type Preview,
  placeOfLock,
  previewImmutability,
  putImmutabilityRule,
  removeImmutabilityRule,
  removeLock,
  type StoredImmutabilityRule,
} from '../../../features/protection/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { instant, instantOrNone } from '../views.ts'

type Operations =
  | 'listImmutabilityRules'
  | 'putImmutabilityRule'
  | 'removeImmutabilityRule'
  | 'previewImmutability'
  | 'listRegistryImmutabilityRules'
  | 'putRegistryImmutabilityRule'
  | 'removeRegistryImmutabilityRule'
  | 'previewRegistryImmutability'
  | 'listLocks'
  | 'addLock'
  | 'removeLock'

export const PROTECTION: Handlers<Operations> = {
  listImmutabilityRules: async ({ protection, permit }) => ({
    items: (await listImmutabilityRules(protection, permit)).map(ruleView),
  }),
  putImmutabilityRule: async ({ protection, permit, params, body }) =>
    madeView(await putImmutabilityRule(protection, permit, params.rule, body)),
  async removeImmutabilityRule({ protection, permit, params }) {
    await removeImmutabilityRule(protection, permit, params.rule)
    return undefined
  },
  previewImmutability: async ({ protection, permit, body }) =>
    previewView(await previewImmutability(protection, permit, body)),
  listRegistryImmutabilityRules: async ({ protection, permit }) => ({
    items: (await listImmutabilityRules(protection, permit)).map(ruleView),
  }),
  putRegistryImmutabilityRule: async ({ protection, permit, params, body }) =>
    madeView(await putImmutabilityRule(protection, permit, params.rule, body)),
  async removeRegistryImmutabilityRule({ protection, permit, params }) {
    await removeImmutabilityRule(protection, permit, params.rule)
    return undefined
  },
  previewRegistryImmutability: async ({ protection, permit, body }) =>
    previewView(await previewImmutability(protection, permit, body)),
  listLocks: async ({ protection, permit, query }) =>
    paged(await listLocks(protection, permit, query), query.limit, lockView, placeOfLock),
  addLock: async ({ protection, permit, body }) => ({ items: (await addLock(protection, permit, body)).map(lockView) }),
  async removeLock({ protection, permit, query: { kind, ...target } }) {
    const kinds = kind === undefined ? (['delete', 'write'] as const) : [kind]
    return { items: (await removeLock(protection, permit, { ...target, kinds })).map(lockView) }
  },
}

function ruleView(rule: StoredImmutabilityRule) {
  const { name, repositories, exceptRepositories, tags, exceptTags, immutableForDays, afterwards } = rule
  return {
    name,
    repositories,
    exceptRepositories,
    tags,
    exceptTags,
    immutableForDays,
    afterwards: immutableForDays === undefined ? undefined : afterwards,
    createdAt: instant(rule.createdAt),
    createdBy: rule.createdBy,
  }
}

function madeView({ rule, warnings }: { rule: StoredImmutabilityRule; warnings: readonly string[] }) {
  return { ...ruleView(rule), warnings }
}

function previewView({ items, examined, next, warnings }: Preview) {
  return {
    items: items.map(({ repository, tag, digest, setAt, rule, of, untilForPeople, untilForRetention }) => ({
      repository,
      tag,
      digest,
      setAt: instant(setAt),
      rule,
      scope: of === undefined ? 'the registry' : `project ${of}`,
      untilForPeople: instantOrNone(untilForPeople),
      untilForRetention: instantOrNone(untilForRetention),
    })),
    examined,
    next,
    warnings,
  }
}

function lockView({ repository, digest, kind, reason, by, at }: LockOfRepository) {
  return { repository, digest, kind, reason, lockedBy: by, lockedAt: instant(at) }
}
