import { z } from 'zod'
import { route } from '../route.ts'
import { listOf, page, time } from '../schemas.ts'

const text = z.string().max(512)
const instant = z.iso.datetime({ offset: true })
const bytes = z.coerce.number().int().min(0).meta({ type: 'integer' })
const pairs = z
  .union([text, z.array(text).max(10)])
  .optional()
  .describe('key or key=value; given several times, all of them')
const strings = z.record(z.string(), z.string())
const platform = z.string().describe('os/architecture or os/architecture/variant')

const image = z
  .strictObject({
    repository: z.string(),
    digest: z.string(),
    tags: z.array(z.string()).describe('the first hundred'),
    mediaType: z.string(),
    artifactType: z.string().optional(),
    subject: z.string().optional(),
    platforms: z.array(platform),
    sizeBytes: z.int().optional().describe('with all blobs that it needs, each once'),
    pushedAt: time,
    createdAt: time.optional().describe('when it was built, as its config says'),
    isDescribed: z.boolean().describe('false: platforms, size and what its config says are still to come'),
    labels: strings.describe('set in the registry'),
    configLabels: strings.describe('of its config'),
    annotations: strings,
  })
  .meta({ id: 'Image' })

const shownImage = z
  .strictObject({
    ...image.shape,
    children: z
      .array(
        z.strictObject({
          digest: z.string(),
          mediaType: z.string(),
          platform: platform.optional(),
          sizeBytes: z.int().optional(),
        }),
      )
      .describe('of an index: what it names'),
    referrers: z
      .array(
        z.strictObject({
          digest: z.string(),
          mediaType: z.string(),
          artifactType: z.string().optional(),
          sizeBytes: z.int(),
          annotations: strings,
        }),
      )
      .describe('signatures, SBOMs and what else has it as its subject; the first hundred'),
  })
  .meta({ id: 'ShownImage' })

const repository = z
  .strictObject({
    name: z.string(),
    createdAt: time,
    tags: z.int(),
    manifests: z.int(),
    sizeBytes: z.int().describe('of all blobs in it, each once'),
    lastPushedAt: time.optional(),
    isCut: z.boolean().describe('there is more than was counted'),
    labels: strings,
  })
  .meta({ id: 'Repository' })

const inRepository = z.strictObject({ repository: text })
const inImage = z.strictObject({ repository: text, reference: text.describe('tag or digest') })
const labels = z.strictObject({ labels: strings }).meta({ id: 'Labels' })

export const CATALOG_ROUTES = {
  searchImages: route({
    action: 'catalog',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/search',
    summary: 'Images that you may pull, by what is known of them; a short page need not be the last',
    query: z.strictObject({
      ...page.shape,
      sort: z.enum(['repository', 'newest']).default('repository'),
      project: text.optional(),
      repository: text.optional().describe('its whole name'),
      name: text.optional().describe('a part of the name of the repository'),
      tag: text.optional().describe('a tag, or a pattern with * and ?'),
      tagged: z.stringbool().optional(),
      digest: text.optional().describe('its beginning'),
      label: pairs,
      annotation: pairs,
      platform: text.optional().describe('os, os/architecture or os/architecture/variant'),
      type: text.optional().describe('media type or artifact type'),
      atLeastBytes: bytes.optional(),
      atMostBytes: bytes.optional(),
      pushedAfter: instant.optional().describe('inclusive'),
      pushedBefore: instant.optional().describe('exclusive'),
      createdAfter: instant.optional().describe('inclusive'),
      createdBefore: instant.optional().describe('exclusive'),
    }),
    answer: listOf(image),
    paged: true,
  }),
  listRepositories: route({
    action: 'catalog',
    resource: 'registry',
    method: 'get',
    path: '/api/v1/repositories',
    summary:
      'The repositories that you may pull from, by name, with what is in them; a short page need not be the last',
    query: z.strictObject({ ...page.shape, project: text.optional() }),
    answer: listOf(repository),
    paged: true,
  }),
  showImage: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/images',
    summary: 'One image, with all that is known of it',
    query: inImage,
    answer: shownImage,
  }),
  listImageLabels: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/images/labels',
    summary: 'The labels of an image',
    query: inImage,
    answer: labels,
  }),
  setImageLabels: route({
    action: 'push',
    resource: 'repository',
    method: 'put',
    path: '/api/v1/images/labels',
    summary: 'Set labels on an image, beside those it has; takes the right to move each of its tags',
    query: inImage,
    body: labels,
    answer: labels,
  }),
  removeImageLabel: route({
    action: 'push',
    resource: 'repository',
    method: 'delete',
    path: '/api/v1/images/labels',
    summary: 'Take a label off an image; takes the right to move each of its tags',
    query: z.strictObject({ ...inImage.shape, key: text }),
    answer: labels,
  }),
  listRepositoryLabels: route({
    action: 'pull',
    resource: 'repository',
    method: 'get',
    path: '/api/v1/repositories/labels',
    summary: 'The labels of a repository',
    query: inRepository,
    answer: labels,
  }),
  setRepositoryLabels: route({
    action: 'manage policy',
    resource: 'repository',
    method: 'put',
    path: '/api/v1/repositories/labels',
    summary: 'Set labels on a repository, beside those it has; they count for each of its images',
    query: inRepository,
    body: labels,
    answer: labels,
  }),
  removeRepositoryLabel: route({
    action: 'manage policy',
    resource: 'repository',
    method: 'delete',
    path: '/api/v1/repositories/labels',
    summary: 'Take a label off a repository',
    query: z.strictObject({ ...inRepository.shape, key: text }),
    answer: labels,
  }),
}
