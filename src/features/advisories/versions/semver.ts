import { compareDigits, compareLists, compareText, type Order } from './digits.ts'

export interface SemverParts {
  readonly numbers: readonly string[]
  readonly prerelease: readonly string[]
}

/** SemVer 2.0.0, and what is almost that: `v1.2`, `1.2.3.4`, `go1.22rc1`. Build metadata does not count. */
export const compareSemver: Order = (a, b) => compareParts(parseSemver(a), parseSemver(b))

export function parseSemver(text: string): SemverParts {
  const version = text
    .trim()
    .replace(/^(?:go|v|V|=)+(?=\d)/, '')
    .replace(/\+.*$/, '')
    // As Go names its own releases.
    .replace(/^(\d+(?:\.\d+)*)(alpha|beta|rc)(\d+)$/, '$1-$2.$3')
  const numbers = /^\d+(?:\.\d+)*/.exec(version)?.[0] ?? ''
  const rest = version.slice(numbers.length).replace(/^[-.]/, '')
  return { numbers: numbers === '' ? [] : numbers.split('.'), prerelease: rest === '' ? [] : rest.split('.') }
}

export function compareParts(a: SemverParts, b: SemverParts, compareWord: Order = compareText): number {
  return (
    compareNumbers(a.numbers, b.numbers) ||
    Number(a.prerelease.length === 0) - Number(b.prerelease.length === 0) ||
    compareLists(a.prerelease, b.prerelease, (x, y) => compareIdentifier(x, y, compareWord))
  )
}

/** What is missing is zero. */
export function compareNumbers(a: readonly string[], b: readonly string[]): number {
  const length = Math.max(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const order = compareDigits(a[at] ?? '0', b[at] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifier(a: string, b: string, compareWord: Order): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOtherNumber) return compareDigits(a, b)
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return compareWord(a, b)
}
