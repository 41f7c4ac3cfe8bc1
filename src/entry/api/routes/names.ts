import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, time } from '../schemas.ts'

const inProject = { resource: 'project' } as const
const name = z.string().min(1).max(255)
const repository = name.describe('its whole name')
const digest = z.string().max(200)

const change = z
  .strictObject({
    number: z.int().describe('which change of this tag it was'),
    digest: z.string().optional().describe('where it pointed from then on; absent: it was deleted'),
    kind: z
      .enum(['known', 'push', 'move', 'set', 'restore', 'delete'])
      .describe('known: it was so when its history began to be written'),
    at: time,
    endedAt: time.optional().describe('when the next change came'),
    by: z.string().optional(),
    rule: z.string().optional().describe('the rule that did it'),
  })
  .meta({ id: 'TagChange' })

const tagSet = z
  .strictObject({
    repository: z.string(),
    tag: z.string(),
    digest: z.string(),
    before: z.string().optional().describe('where it pointed before'),
  })
  .meta({ id: 'TagSet' })

const rewritten = z
  .strictObject({
    grants: z.int(),
    trustRules: z.int(),
    tokens: z.int(),
    immutabilityRules: z.int(),
    retentionPolicies: z.int(),
    vulnerabilityPolicies: z.int().describe('with exceptions'),
  })
  .describe('how many named the old name and name the new one now')

const byHand = z.array(z.string()).describe('what is left for people to look at')

const redirect = z
  .strictObject({
    name: z.string(),
    kind: z.enum(['repository', 'project']),
    to: z.string().optional().describe('absent for whoever may not see what is there'),
    createdAt: time,
    createdBy: z.string(),
  })
  .meta({ id: 'Redirect' })

export const NAME_ROUTES = {
  tagHistory: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/tags/{tag}/history',
    summary: 'Where a tag pointed, who made it so and when; newest first',
    query: page.extend({ repository }),
    answer: listOf(change),
    paged: true,
  }),
  setTag: route({
    ...inProject,
    action: 'see project',
    method: 'put',
    path: '/api/v1/projects/{project}/tags/{tag}',
    summary: 'Point a tag to a manifest that is in the repository; it takes what a push to it takes',
    body: z.strictObject({ repository, digest }),
    answer: tagSet,
  }),
  restoreTag: route({
    ...inProject,
    action: 'see project',
    method: 'post',
    path: '/api/v1/projects/{project}/tags/{tag}/restore',
    summary: 'Point a tag back to what it pointed to; it takes what a push to it takes',
    body: z.strictObject({
      repository,
      digest: digest.optional().describe('one that it had'),
      before: time.optional().describe('what it had just before; or give digest'),
    }),
    answer: tagSet,
  }),
  deleteTag: route({
    ...inProject,
    action: 'see project',
    method: 'delete',
    path: '/api/v1/projects/{project}/tags/{tag}',
    summary: 'Remove a tag, never what it points to; it takes "delete" in the repository',
    query: z.strictObject({ repository }),
  }),
  renameRepository: route({
    ...inProject,
    action: 'manage project',
    method: 'post',
    path: '/api/v1/projects/{project}/rename-repository',
    summary: 'Give a repository another name, in another project too; pulls by the old name go on',
    body: z.strictObject({ repository, to: name }),
    answer: z.strictObject({ from: z.string(), to: z.string(), rewritten, byHand }).meta({ id: 'RenamedRepository' }),
  }),
  renameProject: route({
    ...inProject,
    action: 'manage project',
    method: 'post',
    path: '/api/v1/projects/{project}/rename',
    summary: 'Give a project another name; pulls by the old names go on. It takes the right to make projects too',
    body: z.strictObject({ to: name }),
    answer: z
      .strictObject({
        from: z.string(),
        to: z.string(),
        repositories: z.int(),
        robots: z.int(),
        rewritten,
        byHand,
      })
      .meta({ id: 'RenamedProject' }),
  }),
  listRedirects: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/redirects',
    summary: 'Former names in the project, and those that lead into it',
    query: page,
    answer: listOf(redirect),
    paged: true,
  }),
  removeRedirect: route({
    ...inProject,
    action: 'manage project',
    method: 'delete',
    path: '/api/v1/projects/{project}/redirects',
    summary: 'End pulls by a former name; anybody who may can take it then',
    query: z.strictObject({ name }),
  }),
}
