import { invalid } from '../../../features/access/index.ts'

/** A whole number that a column takes. @throws INVALID. */
export function parseId(text: string, field: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalid({ field, message: 'expected a number, as the list has it' })
}
