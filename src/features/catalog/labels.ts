import type { Reference } from '../../oci/index.ts'
import type { AuditEntry, LabelOutcome } from '../../stores/metadata/index.ts'
import { conflict, denied, difference, done, notFound, type Permit, repositoryOf } from '../access/index.ts'
import type { Catalog } from './catalog.ts'
import { MOST_LABELS, requireKey, requireLabels } from './label-rules.ts'

export type LabelValues = Readonly<Record<string, string>>

/** Of an image, or of the repository itself without a reference. @throws NOT_FOUND. */
export async function listLabels(
  { details }: Catalog,
  permit: Permit<'pull'>,
  reference: Reference | undefined,
): Promise<LabelValues> {
  const repository = repositoryOf(permit)
  const labels = await details.labels.list({ repository, reference })
  if (!labels) throw notFound(nameOf(permit, reference))
  return Object.fromEntries(labels)
}

/**
 * Sets labels beside those that are there. Who labels an image changes what is done with it, so it takes the right to
 * move each tag it has; the labels of a repository are for those who manage its policy.
 * @throws NOT_FOUND, INVALID, CONFLICT when there would be too many, DENIED.
 */
export async function setLabels(
  catalog: Catalog,
  permit: Permit<'push' | 'manage policy'>,
  reference: Reference | undefined,
  labels: LabelValues,
): Promise<LabelValues> {
  requireLabels(labels)
  return change(catalog, permit, reference, new Map(Object.entries(labels)))
}

/** @throws NOT_FOUND when it has no such label either, INVALID, DENIED. */
export async function removeLabel(
  catalog: Catalog,
  permit: Permit<'push' | 'manage policy'>,
  reference: Reference | undefined,
  key: string,
): Promise<LabelValues> {
  requireKey(key)
  return change(catalog, permit, reference, new Map([[key, undefined]]))
}

async function change(
  { details, clock }: Catalog,
  permit: Permit<'push' | 'manage policy'>,
  reference: Reference | undefined,
  labels: ReadonlyMap<string, string | undefined>,
): Promise<LabelValues> {
  const now = clock()
  const changed = await details.labels.change(
    {
      repository: repositoryOf(permit as Permit<'push'>),
      reference,
      labels,
      most: MOST_LABELS,
      mayChange: tag => permit.mayTag('overwrite', tag),
      now,
    },
    recordOf(permit, now),
  )
  switch (changed.outcome) {
    case 'unknown':
      throw notFound(nameOf(permit, reference))
    case 'too many':
      throw conflict(`There would be ${changed.count} labels, and ${MOST_LABELS} are allowed: remove some first.`)
    case 'tag kept':
      throw denied(`The image has the tag ${changed.tag}, and ${permit.principal.name} may not move that.`)
    case 'changed':
      for (const [key, value] of labels)
        if (value === undefined && !changed.before.has(key)) throw notFound(`label ${key} on it`)
      return Object.fromEntries(changed.after)
  }
}

function recordOf(permit: Permit<'push' | 'manage policy'>, at: number) {
  return (changed: LabelOutcome): readonly AuditEntry[] => {
    if (changed.outcome !== 'changed') return []
    const { digest, before, after } = changed
    const set = difference(Object.fromEntries(before), Object.fromEntries(after))
    const gone = [...before].filter(([key]) => !after.has(key))
    const removed = Object.fromEntries(
      gone.flatMap(([key, value]) => [
        [`${key}.before`, value],
        [`${key}.after`, null],
      ]),
    )
    const detail = { ...set, ...removed }
    if (Object.keys(detail).length === 0) return []
    const entry = done(permit, { type: gone.length > 0 ? 'label.remove' : 'label.set', at, detail })
    return [{ ...entry, resource: { ...entry.resource, kind: 'label', ...(digest ? { digest } : {}) } }]
  }
}

function nameOf(permit: Permit<'pull' | 'push' | 'manage policy'>, reference: Reference | undefined): string {
  const repository = repositoryOf(permit as Permit<'pull'>)
  if (reference === undefined) return `repository ${repository}`
  return 'tag' in reference ? `image ${repository}:${reference.tag}` : `image ${repository}@${reference.digest}`
}
