import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, time } from '../schemas.ts'

const common = { resource: 'project', action: 'see project' } as const
const repository = z.string().max(255).optional().describe('of one repository only')
const deletion = z.string().max(64)
const after = z.string().max(64).optional().describe('where the answer before ended: its `next`')

const entry = z
  .strictObject({
    id: z.string(),
    repository: z.string(),
    kind: z.enum(['tag', 'manifest']),
    digest: z.string().describe('of the manifest, or where the tag pointed'),
    tags: z.array(z.string()),
    mediaType: z.string().optional(),
    artifactType: z.string().optional(),
    subject: z.string().optional(),
    sizeBytes: z.number().optional().describe('of the manifest alone'),
    deletion: z.string().describe('the same for all that one request or one run deleted'),
    deletedAt: time,
    expiresAt: time,
    deletedBy: z.string(),
    rule: z.string().optional().describe('the rule that decided it'),
  })
  .meta({ id: 'TrashEntry' })

const restored = {
  restored: z.array(
    z.strictObject({
      id: z.string(),
      repository: z.string(),
      kind: z.enum(['tag', 'manifest']),
      digest: z.string(),
      tags: z.array(z.string()).describe('those that are set again'),
    }),
  ),
  keptTags: z.array(
    z.strictObject({
      repository: z.string(),
      tag: z.string(),
      digest: z.string().describe('what it would point at'),
      pointsAt: z.string().optional(),
      because: z.string(),
    }),
  ),
  notRestored: z.array(
    z.strictObject({
      id: z.string(),
      repository: z.string(),
      digest: z.string(),
      missing: z.array(z.string()),
      because: z.string(),
    }),
  ),
}
const overwrite = z.boolean().default(false).describe('move tags back that meanwhile point elsewhere')

export const TRASH_ROUTES = {
  listTrash: route({
    ...common,
    method: 'get',
    path: '/api/v1/projects/{project}/trash',
    summary: 'What was deleted and can be restored, newest first; a short page need not be the last',
    query: z.strictObject({ ...page.shape, repository, deletion: deletion.optional() }),
    answer: listOf(entry),
    paged: true,
  }),
  restoreTrash: route({
    ...common,
    method: 'post',
    path: '/api/v1/projects/{project}/trash/{entry}/restore',
    summary: 'Restore one entry with what it needs and what went with it; needs the permission "delete" there',
    body: z.strictObject({ overwrite }),
    answer: z.strictObject(restored).meta({ id: 'Restored' }),
  }),
  restoreDeletion: route({
    ...common,
    method: 'post',
    path: '/api/v1/projects/{project}/trash/deletions/{deletion}/restore',
    summary: 'Restore what one request or one run deleted, fifty entries a call',
    body: z.strictObject({ overwrite, repository, after }),
    answer: z.strictObject({ ...restored, next: z.string().optional() }).meta({ id: 'RestoredPart' }),
  }),
  purgeEntry: route({
    ...common,
    method: 'delete',
    path: '/api/v1/projects/{project}/trash/{entry}',
    summary: 'Take one entry out of the trash for good; needs the permission "delete" there',
  }),
  purgeTrash: route({
    ...common,
    method: 'delete',
    path: '/api/v1/projects/{project}/trash',
    summary: 'Empty the trash as far as you may delete, fifty entries a call',
    query: z.strictObject({ repository, deletion: deletion.optional(), after }),
    answer: z.strictObject({
      purged: z.number(),
      needed: z.number().describe('entries that others in the trash need'),
      next: z.string().optional(),
    }),
  }),
}
