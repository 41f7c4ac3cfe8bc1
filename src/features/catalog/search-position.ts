import { isDigest } from '../../oci/index.ts'
import { invalid } from '../access/index.ts'

/**
 * Where a search goes on: after this image, after all of this repository, or with what came before this manifest. By
 * numbers and not by names, because it may be a place that the caller may not see.
 */
export type Position = { readonly repositoryId: number; readonly digest?: string | undefined } | { readonly id: number }

export function positionText(position: Position): string {
  if ('id' in position) return String(position.id)
  const { repositoryId, digest } = position
  return digest === undefined ? String(repositoryId) : `${repositoryId}@${digest}`
}

/** @throws INVALID. */
export function positionOf(text: string | undefined, sort: 'repository' | 'newest'): Position | undefined {
  if (text === undefined) return undefined
  const [, number, digest] = /^(\d{1,15})(?:@(.+))?$/.exec(text) ?? []
  const isRight = number !== undefined && (digest === undefined || (sort === 'repository' && isDigest(digest)))
  if (!isRight) throw invalid({ field: 'after', message: 'is not where a page of this search ended' })
  return sort === 'newest' ? { id: Number(number) } : { repositoryId: Number(number), digest }
}
