import { invalid } from '../../access/index.ts'
import { importEcr } from './ecr.ts'
import { importGar } from './gar.ts'
import { importGitlab } from './gitlab.ts'
import { importHarbor } from './harbor.ts'
import type { ImportedPolicy, ImportPlace } from './imported-policy.ts'

const IMPORTERS = { ecr: importEcr, gar: importGar, harbor: importHarbor, gitlab: importGitlab } as const

/** Their documents are for a project, and say for which of its repositories each rule is. */
const NAME_REPOSITORIES: readonly string[] = ['gar', 'harbor']

export type PolicyFormat = keyof typeof IMPORTERS

export const POLICY_FORMATS = Object.keys(IMPORTERS) as readonly PolicyFormat[]

/**
 * The rules of another registry's policy document, for a project here. They never delete more than the document does:
 * what cannot be said is left out of what is deleted, or kept whole, and named.
 * @throws INVALID with each fault by its path, for a document that is none of the format.
 */
export function importPolicy(from: PolicyFormat, document: unknown, place: ImportPlace): ImportedPolicy {
  if (place.repositories && NAME_REPOSITORIES.includes(from))
    throw invalid({ field: 'repositories', message: `a document of ${from} names its repositories itself` })
  return IMPORTERS[from](document, place)
}
