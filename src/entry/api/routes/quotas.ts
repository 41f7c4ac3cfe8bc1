import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, time } from '../schemas.ts'

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const limit = count.nullable().optional()
const quota = z.strictObject({
  hard: count.optional().describe('what goes beyond is refused'),
  soft: count.optional().describe('what goes beyond is warned of'),
})
const change = z.strictObject({ hard: limit, soft: limit }).optional()
const used = { bytes: count, repositories: count, tags: count, manifests: count }
const kinds = z.enum(['bytes', 'repositories', 'tags', 'manifests'])

const usage = z
  .strictObject({
    used: z.strictObject(used).describe('bytes: of blobs, each once, and of manifests'),
    quotas: z.strictObject({
      bytes: quota.optional(),
      repositories: quota.optional(),
      tags: quota.optional(),
      manifests: quota.optional(),
    }),
  })
  .meta({ id: 'Usage' })
const changes = z
  .strictObject({ bytes: change, repositories: change, tags: change, manifests: change })
  .meta({ description: 'null takes a limit away; what is not named stays' })
const sample = z.strictObject({ at: time, ...used }).meta({ id: 'UsageSample' })
const difference = z
  .strictObject({
    project: z.string().optional().describe('absent: the registry as a whole'),
    kind: kinds,
    counted: z.number().int(),
    actual: z.number().int(),
  })
  .meta({ id: 'UsageDifference' })
const period = page.extend({
  from: z.iso.datetime({ offset: true }).optional().describe('inclusive'),
  until: z.iso.datetime({ offset: true }).optional().describe('exclusive'),
})

const sees = { action: 'see registry', resource: 'registry' } as const
const manages = { action: 'manage registry', resource: 'registry' } as const
const seesProject = { action: 'see project', resource: 'project' } as const

export const QUOTA_ROUTES = {
  getProjectQuota: route({
    ...seesProject,
    method: 'get',
    path: '/api/v1/projects/{project}/quota',
    summary: 'What a project uses, and may use',
    answer: usage,
  }),
  changeProjectQuota: route({
    ...manages,
    method: 'patch',
    path: '/api/v1/projects/{project}/quota',
    summary: 'How much a project may use',
    body: changes,
    answer: usage,
  }),
  readProjectUsage: route({
    ...seesProject,
    method: 'get',
    path: '/api/v1/projects/{project}/usage/history',
    summary: 'What a project used over time, oldest first; where nothing changed there is no row',
    query: period,
    answer: listOf(sample),
    paged: true,
  }),
  getQuota: route({
    ...sees,
    method: 'get',
    path: '/api/v1/quota',
    summary: 'What the registry uses as a whole, each blob once, and may use',
    answer: usage,
  }),
  changeQuota: route({
    ...manages,
    method: 'patch',
    path: '/api/v1/quota',
    summary: 'How much the registry may use as a whole',
    body: changes,
    answer: usage,
  }),
  readUsage: route({
    ...sees,
    method: 'get',
    path: '/api/v1/usage/history',
    summary: 'What the registry used over time, oldest first; where nothing changed there is no row',
    query: period,
    answer: listOf(sample),
    paged: true,
  }),
  checkUsage: route({
    ...sees,
    method: 'get',
    path: '/api/v1/usage/check',
    summary: 'Counts everything anew and tells which figures are wrong; none should be',
    answer: listOf(difference),
  }),
  repairUsage: route({
    ...manages,
    method: 'post',
    path: '/api/v1/usage/repair',
    summary: 'Puts figures right that are wrong, and tells which',
    answer: listOf(difference),
  }),
}
