import {
  type Image,
  listLabels,
  listRepositories,
  parseQuestion,
  removeLabel,
  searchImages,
  setLabels,
  showImage,
} from '../../../features/catalog/index.ts'
import { parseReference } from '../../../oci/index.ts'
import type { Handlers } from '../handler.ts'
import { instant } from '../views.ts'

type Operations =
  | 'searchImages'
  | 'listRepositories'
  | 'showImage'
  | 'listImageLabels'
  | 'setImageLabels'
  | 'removeImageLabel'
  | 'listRepositoryLabels'
  | 'setRepositoryLabels'
  | 'removeRepositoryLabel'

export const CATALOG: Handlers<Operations> = {
  async searchImages({ catalog, permit, query: { after, limit, sort, label, annotation, ...query } }) {
    const question = parseQuestion({
      ...query,
      label: label === undefined ? [] : [label].flat(),
      annotation: annotation === undefined ? [] : [annotation].flat(),
      pushedAfter: msOf(query.pushedAfter),
      pushedBefore: msOf(query.pushedBefore),
      createdAfter: msOf(query.createdAfter),
      createdBefore: msOf(query.createdBefore),
    })
    const { images, next } = await searchImages(catalog, permit, { ...question, sort, after, limit })
    return { items: images.map(imageView), next }
  },
  async listRepositories({ catalog, permit, query }) {
    const { repositories, next } = await listRepositories(catalog, permit, query)
    const items = repositories.map(({ createdAt, lastPushedAt, ...rest }) => ({
      ...rest,
      createdAt: instant(createdAt),
      lastPushedAt: lastPushedAt === undefined ? undefined : instant(lastPushedAt),
    }))
    return { items, next }
  },
  async showImage({ catalog, permit, query }) {
    const image = await showImage(catalog, permit, parseReference(query.reference))
    const referrers = image.referrers.map(({ digest, mediaType, artifactType, size, annotations = {} }) => ({
      digest,
      mediaType,
      artifactType,
      sizeBytes: size,
      annotations,
    }))
    return { ...imageView(image), children: image.children, referrers }
  },
  listImageLabels: async ({ catalog, permit, query }) => ({
    labels: await listLabels(catalog, permit, parseReference(query.reference)),
  }),
  setImageLabels: async ({ catalog, permit, query, body }) => ({
    labels: await setLabels(catalog, permit, parseReference(query.reference), body.labels),
  }),
  removeImageLabel: async ({ catalog, permit, query }) => ({
    labels: await removeLabel(catalog, permit, parseReference(query.reference), query.key),
  }),
  listRepositoryLabels: async ({ catalog, permit }) => ({ labels: await listLabels(catalog, permit, undefined) }),
  setRepositoryLabels: async ({ catalog, permit, body }) => ({
    labels: await setLabels(catalog, permit, undefined, body.labels),
  }),
  removeRepositoryLabel: async ({ catalog, permit, query }) => ({
    labels: await removeLabel(catalog, permit, undefined, query.key),
  }),
}

/** Named one by one, so that a new column stays inside until somebody wants it out. */
function imageView(image: Image) {
  const { repository, digest, tags, mediaType, artifactType, subject, platforms, sizeBytes, isDescribed } = image
  return {
    repository,
    digest,
    tags,
    mediaType,
    artifactType,
    subject,
    platforms,
    sizeBytes,
    pushedAt: instant(image.pushedAt),
    createdAt: image.createdAt === undefined ? undefined : instant(image.createdAt),
    isDescribed,
    labels: image.labels,
    configLabels: image.configLabels,
    annotations: image.annotations,
  }
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text)
}
