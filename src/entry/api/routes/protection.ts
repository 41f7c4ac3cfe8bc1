import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, tagPattern, time } from '../schemas.ts'

const inProject = { resource: 'project' } as const
const glob = z.string().min(1).max(255)
const globs = z.array(glob).max(100)
const patterns = z.array(tagPattern).max(100)
const afterwards = z.enum(['retention', 'everybody'])
const kind = z.enum(['delete', 'write'])

const ruleShape = {
  repositories: globs.optional().describe('patterns over whole names; all of them unless given'),
  exceptRepositories: globs.optional(),
  tags: patterns.describe('tags that match one of these'),
  exceptTags: patterns.optional().describe('and none of these'),
  immutableForDays: z.int().min(0).max(36_500).optional().describe('since the tag was set; for ever unless given'),
  afterwards: afterwards
    .optional()
    .describe('who may change the tag after those days: retention alone (unless given otherwise), or everybody'),
}

const rule = z
  .strictObject({
    name: z.string(),
    repositories: globs,
    exceptRepositories: globs,
    tags: patterns,
    exceptTags: patterns,
    immutableForDays: z.int().optional(),
    afterwards: afterwards.optional(),
    createdAt: time,
    createdBy: z.string(),
  })
  .meta({ id: 'ImmutabilityRule' })

const madeRule = z.strictObject({ ...rule.shape, warnings: z.array(z.string()) }).meta({ id: 'MadeImmutabilityRule' })

const previewBody = z.strictObject({
  rule: z.strictObject(ruleShape).optional().describe('one that is not made yet; those in force unless given'),
  repository: glob.optional().describe('pattern: of these repositories only'),
  tag: glob.optional().describe('pattern: of these tags only'),
  after: z.string().max(600).optional().describe('what the page before gave as next'),
  limit: z.int().min(1).max(1000).default(100),
})

const preview = z
  .strictObject({
    items: z.array(
      z.strictObject({
        repository: z.string(),
        tag: z.string(),
        digest: z.string(),
        setAt: time,
        rule: z.string().describe('the one that holds it longest'),
        scope: z.string().describe('of the registry, or of a project'),
        untilForPeople: time.optional().describe('absent: for ever'),
        untilForRetention: time.optional().describe('absent: for ever'),
      }),
    ),
    examined: z.int().describe('tags that were looked at for this page'),
    next: z.string().optional().describe('what after is for the next page; absent: all were looked at'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'ImmutabilityPreview' })

const lock = z
  .strictObject({
    repository: z.string(),
    digest: z.string().optional().describe('absent: the repository as a whole'),
    kind,
    reason: z.string(),
    lockedBy: z.string(),
    lockedAt: time,
  })
  .meta({ id: 'Lock' })

const repository = z.string().max(255)
const reference = z.string().max(256).optional().describe('a tag or digest; the repository as a whole unless given')

export const PROTECTION_ROUTES = {
  listImmutabilityRules: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/immutability-rules',
    summary: 'Which tags stay where they point',
    answer: listOf(rule),
  }),
  putImmutabilityRule: route({
    ...inProject,
    action: 'manage policy',
    method: 'put',
    path: '/api/v1/projects/{project}/immutability-rules/{rule}',
    summary: 'Make a rule about tags that stay where they point, or replace the one of that name',
    body: z.strictObject(ruleShape),
    answer: madeRule,
  }),
  removeImmutabilityRule: route({
    ...inProject,
    action: 'manage policy',
    method: 'delete',
    path: '/api/v1/projects/{project}/immutability-rules/{rule}',
    summary: 'Remove such a rule: what it held is free at once',
  }),
  previewImmutability: route({
    ...inProject,
    action: 'manage policy',
    method: 'post',
    path: '/api/v1/projects/{project}/immutability-preview',
    summary: 'Which of the tags that are there are immutable, or would be by a rule that is not made yet',
    body: previewBody,
    answer: preview,
  }),
  listRegistryImmutabilityRules: route({
    action: 'see registry',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/immutability-rules',
    summary: 'Which tags stay where they point, in all projects',
    answer: listOf(rule),
  }),
  putRegistryImmutabilityRule: route({
    action: 'manage registry',
    resource: 'registry',
    method: 'put',
    path: '/api/v1/immutability-rules/{rule}',
    summary: 'Make a rule about tags of all projects, or replace the one of that name',
    body: z.strictObject(ruleShape),
    answer: madeRule,
  }),
  removeRegistryImmutabilityRule: route({
    action: 'manage registry',
    resource: 'registry',
    method: 'delete',
    path: '/api/v1/immutability-rules/{rule}',
    summary: 'Remove such a rule: what it held is free at once',
  }),
  previewRegistryImmutability: route({
    action: 'see registry',
    resource: 'registry',
    method: 'post',
    path: '/api/v1/immutability-preview',
    summary: 'Which tags rules of the registry hold, or would by one that is not made yet',
    body: previewBody,
    answer: preview,
  }),
  listLocks: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/locks',
    summary: 'Images and repositories that are locked',
    query: page,
    answer: listOf(lock),
    paged: true,
  }),
  addLock: route({
    ...inProject,
    action: 'manage policy',
    method: 'post',
    path: '/api/v1/projects/{project}/locks',
    summary: 'Lock an image or a repository against deletion, against changes, or both',
    body: z.strictObject({
      repository,
      reference,
      kinds: z.array(kind).min(1).max(2).default(['delete', 'write']),
      reason: z.string().max(500),
    }),
    answer: listOf(lock),
    status: 201,
  }),
  removeLock: route({
    ...inProject,
    action: 'manage policy',
    method: 'delete',
    path: '/api/v1/projects/{project}/locks',
    summary: 'Take locks away',
    query: z.strictObject({
      repository,
      reference,
      kind: kind.optional().describe('both unless given'),
    }),
    answer: listOf(lock),
  }),
}
