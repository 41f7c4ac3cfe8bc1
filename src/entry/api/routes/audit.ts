import { z } from 'zod'
import { ACTIONS } from '../../../features/administration/index.ts'
import { route } from '../route.ts'
import { auditRecord, listOf, page } from '../schemas.ts'

const text = z.string().max(512)
const instant = z.iso.datetime({ offset: true })

const filters = {
  ...page.shape,
  actor: text.optional().describe('name of who did it'),
  type: text.optional().describe('such as manifest.push or member.add'),
  outcome: z.enum(['success', 'denied', 'failure']).optional(),
  repository: text.optional(),
  digest: text.optional(),
  address: text.optional(),
  from: instant.optional().describe('inclusive'),
  until: instant.optional().describe('exclusive'),
}

export const AUDIT_ROUTES = {
  readAudit: route({
    action: 'read registry audit',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/audit',
    summary: 'What happened, newest first',
    query: z.strictObject({ ...filters, project: text.optional() }),
    answer: listOf(auditRecord),
    paged: true,
  }),
  readProjectAudit: route({
    action: 'read audit',
    resource: 'project',
    method: 'get',
    path: '/api/v1/projects/{project}/audit',
    summary: 'What happened in a project, newest first',
    query: z.strictObject(filters),
    answer: listOf(auditRecord),
    paged: true,
  }),
}

export const ACCESS_ROUTES = {
  explainAccess: route({
    action: 'see registry',
    resource: 'registry',
    inProject: 'manage members',
    method: 'get',
    path: '/api/v1/access/explain',
    summary: 'Whether somebody may do something, and why',
    query: z.strictObject({
      who: z.string().max(255).describe('a user, a robot (project+name) or "anonymous"'),
      action: z.enum(ACTIONS),
      repository: z.string().max(255).optional(),
      project: z.string().max(128).optional(),
      address: z.string().max(64).optional().describe('where the request would come from'),
    }),
    answer: z.strictObject({
      isAllowed: z.boolean(),
      because: z.string(),
      tags: z
        .strictObject({ push: z.array(z.string()), overwrite: z.array(z.string()), remove: z.array(z.string()) })
        .optional()
        .describe('patterns of the tags that may be set, moved and removed'),
    }),
  }),
}
