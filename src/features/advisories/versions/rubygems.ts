import { compareDigits, compareText, type Order } from './digits.ts'

/** The order of Gem::Version: letters make a prerelease, zeros at the end of either half do not count. */
export const compareRubygems: Order = (a, b) => {
  const left = segmentsOf(a)
  const right = segmentsOf(b)
  const length = Math.max(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const order = compareSegment(left[at] ?? '0', right[at] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

function compareSegment(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d/.test(a), /^\d/.test(b)]
  if (isNumber !== isOtherNumber) return isNumber ? 1 : -1
  return isNumber ? compareDigits(a, b) : compareText(a, b)
}

function segmentsOf(version: string): readonly string[] {
  const segments =
    version
      .trim()
      .replaceAll('-', '.pre.')
      .match(/[0-9]+|[a-z]+/gi) ?? []
  const letters = segments.findIndex(segment => !/^\d/.test(segment))
  const split = letters < 0 ? segments.length : letters
  return [...withoutZeros(segments.slice(0, split)), ...withoutZeros(segments.slice(split))]
}

function withoutZeros(segments: readonly string[]): readonly string[] {
  let end = segments.length
  while (end > 0 && /^0+$/.test(segments[end - 1] as string)) end -= 1
  return segments.slice(0, end)
}
