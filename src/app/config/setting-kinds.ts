import { z } from 'zod'
import { parseCidrs } from '../../platform/addresses/index.ts'

/** A number, or its digits in an environment variable. Nothing else is taken for one: an empty variable is no zero. */
export const number = (schema: z.ZodNumber) =>
  z.preprocess(
    value => (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value),
    schema,
  )

export const wholeNumber = (least: number, most: number) => number(z.number().int().min(least).max(most))

/** A list, or its items with commas between them in an environment variable. */
export const listOf = <Item extends z.ZodType>(item: Item, least = 0) =>
  z.preprocess(
    value =>
      typeof value === 'string'
        ? value
            .split(',')
            .map(part => part.trim())
            .filter(Boolean)
        : value,
    z.array(item).min(least, 'expected one at least'),
  )

export const ranges = listOf(z.string().refine(isRange, 'expected an address or a range, such as 10.0.0.0/8'))

function isRange(entry: string): boolean {
  try {
    parseCidrs([entry])
    return true
  } catch {
    return false
  }
}
