import { compareDigits, type Order } from './digits.ts'

/**
 * Debian's order (deb-version(7)): epoch, then the upstream version, then the revision; a tilde comes before everything,
 * even the end.
 */
export const compareDpkg: Order = (a, b) => {
  const left = parse(a)
  const right = parse(b)
  return (
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  )
}

function parse(text: string) {
  const version = text.trim()
  const epoch = /^\d+(?=:)/.exec(version)?.[0]
  const rest = epoch === undefined ? version : version.slice(epoch.length + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: epoch ?? '0',
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    // None is the same as 0.
    revision: dash < 0 ? '0' : rest.slice(dash + 1),
  }
}

/** Runs of what is no digit and runs of digits in turn. */
function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const order = weight(a, i) - weight(b, j)
      if (order !== 0) return order
      i += 1
      j += 1
    }
    const left = digitsAt(a, i)
    const right = digitsAt(b, j)
    const order = compareDigits(left || '0', right || '0')
    if (order !== 0) return order
    i += left.length
    j += right.length
  }
  return 0
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

function digitsAt(text: string, at: number): string {
  let end = at
  while (end < text.length && isDigit(text, end)) end += 1
  return text.slice(at, end)
}

/** The end and digits are alike; then letters, then everything else. */
function weight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0
  const character = text[at] as string
  if (character === '~') return -1
  const code = text.charCodeAt(at)
  return /[A-Za-z]/.test(character) ? code : code + 0x10000
}
