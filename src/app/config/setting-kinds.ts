import { z } from 'zod'
import { parseCidrs } from '../../platform/addresses/index.ts'

/** A whole number, or its digits in an environment variable. An empty variable is no zero. */
export const wholeNumber = (least: number, most: number) =>
  z.preprocess(
    value => (typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value),
    z.number().int().min(least).max(most),
  )

/** A list, or its items with commas between them in an environment variable. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    value =>
      typeof value === 'string'
        ? value
            .split(',')
            .map(part => part.trim())
            .filter(Boolean)
        : value,
    z.array(item),
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
