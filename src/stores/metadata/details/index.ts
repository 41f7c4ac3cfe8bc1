import type { Engine } from '../engine.ts'
import { createDescriptions, type Descriptions } from './descriptions.ts'
import { createImageSearch, type ImageSearch } from './image-search.ts'
import { createImages, type Images } from './images.ts'
import { createLabels, type Labels } from './labels.ts'
import { createRepositorySummaries, type RepositorySummaries } from './repository-summaries.ts'

export type { Description, Descriptions, Undescribed } from './descriptions.ts'
export type { ImageFilter, Pair } from './image-filter.ts'
export type { ImageKey, ImageSearch, NewImage, RepositoryRange, RepositoryToSearch } from './image-search.ts'
export type { Image, Images } from './images.ts'
export type { LabelChange, Labelled, LabelOutcome, Labels } from './labels.ts'
export type { RepositorySummaries, RepositorySummary } from './repository-summaries.ts'

/** What is known of images, and how they are found by it. */
export interface Details {
  readonly descriptions: Descriptions
  readonly labels: Labels
  readonly search: ImageSearch
  readonly images: Images
  readonly summaries: RepositorySummaries
}

export function createDetails(engine: Engine): Details {
  return {
    descriptions: createDescriptions(engine),
    labels: createLabels(engine),
    search: createImageSearch(engine),
    images: createImages(engine),
    summaries: createRepositorySummaries(engine),
  }
}
