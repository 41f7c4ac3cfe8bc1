import { tableOf } from '../../../platform/foreign-json/index.ts'
import { compareDigits, type Order } from './digits.ts'

const WORDS = tableOf<number>({
  dev: 0,
  alpha: 1,
  a: 1,
  beta: 2,
  b: 2,
  rc: 3,
  c: 3,
  // Where a number stands.
  '#': 4,
  pl: 5,
  p: 5,
  patch: 5,
})
/** Any other word comes before them all. */
const OTHER = -1

/** Composer's order: four numbers, then how stable it is, compared as PHP's version_compare does. */
export const comparePackagist: Order = (a, b) => {
  const left = partsOf(a)
  const right = partsOf(b)
  const length = Math.max(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const order = comparePart(left[at], right[at])
    if (order !== 0) return order
  }
  return 0
}

function comparePart(a: string | undefined, b: string | undefined): number {
  const [isNumber, isOtherNumber] = [a !== undefined && /^\d/.test(a), b !== undefined && /^\d/.test(b)]
  if (isNumber && isOtherNumber) return compareDigits(a as string, b as string)
  return weight(a) - weight(b)
}

/** The end lies between words before a release and those behind it, and before numbers. */
function weight(part: string | undefined): number {
  if (part === undefined) return 3.5
  return /^\d/.test(part) ? (WORDS['#'] as number) : (WORDS[part] ?? OTHER)
}

function partsOf(text: string): readonly string[] {
  const version = text
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .replace(/^(dev-.*)$/, 'dev')
  const [numbers = ''] = /^\d+(?:\.\d+)*/.exec(version) ?? []
  const four = numbers === '' ? [] : numbers.split('.')
  while (four.length > 0 && four.length < 4) four.push('0')
  const rest = version
    .slice(numbers.length)
    .replace(/\+.*$/, '')
    .replace(/-stable$/, '')
  return [...four, ...(rest.match(/\d+|[a-z]+/g) ?? [])]
}
