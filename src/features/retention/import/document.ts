import type { z } from 'zod'
import { type FieldFault, invalid } from '../../access/index.ts'

/**
 * The document as its schema has it.
 * @throws INVALID: each fault by its path in the document, fields that the format does not have among them.
 */
export function parseDocument<Schema extends z.ZodType>(schema: Schema, document: unknown): z.output<Schema> {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  throw invalid(...parsed.error.issues.flatMap(faultsOf))
}

/** Throws when there are any. */
export function requireNone(faults: readonly FieldFault[]): void {
  if (faults.length > 0) throw invalid(...faults)
}

function faultsOf(issue: z.core.$ZodIssue): readonly FieldFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.join('.'), message: issue.message }]
  return issue.keys.map(key => ({
    field: [...issue.path, key].join('.'),
    message: 'is no field of this format; take it out, so that nothing is left out unseen',
  }))
}
