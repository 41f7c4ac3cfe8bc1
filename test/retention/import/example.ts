import type { PolicyFormat } from '../../../src/features/retention/index.ts'
import type { Pictured } from './outcome.ts'

/** A document that a vendor published, over the images that its documentation describes, with the outcome that it states. */
export interface Example {
  readonly title: string
  readonly from: PolicyFormat
  readonly document: unknown
  readonly images: readonly Pictured[]
  /** Names of the images that are deleted. */
  readonly gone: readonly string[]
}

export const PROJECT = 'team'

/** Of the repository `team/REPOSITORY`. */
export function image(repository: string, name: string, pushedDays: number, ...tags: readonly string[]): Pictured {
  return { name, repository: `${PROJECT}/${repository}`, tags, pushedDays }
}
