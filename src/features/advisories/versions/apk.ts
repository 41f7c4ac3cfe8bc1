import { compareDigits, compareLists, compareText, type Order } from './digits.ts'

/** By the kind of the part: of two versions that differ there, the one with the greater kind is newer. */
const KINDS = { invalid: 0, early: 1, end: 2, revision: 3, hash: 4, count: 5, late: 6, letter: 7, number: 8 } as const

interface Part {
  readonly kind: number
  readonly text: string
}

const EARLY = ['alpha', 'beta', 'pre', 'rc']
const LATE = ['cvs', 'svn', 'git', 'hg', 'p']

/** apk's order: `1.2.3b_rc1_p2~1a2b-r4`. */
export const compareApk: Order = (a, b) => compareLists(partsOf(a), partsOf(b), comparePart)

function comparePart(a: Part, b: Part): number {
  if (a.kind !== b.kind) return a.kind - b.kind
  switch (a.kind) {
    case KINDS.early:
      return EARLY.indexOf(a.text) - EARLY.indexOf(b.text)
    case KINDS.late:
      return LATE.indexOf(a.text) - LATE.indexOf(b.text)
    case KINDS.count:
    case KINDS.revision:
      return compareDigits(a.text, b.text)
    case KINDS.number:
      // With a zero in front it is a fraction; the first number of all has none.
      return a.text.startsWith('0') || b.text.startsWith('0')
        ? compareText(a.text, b.text)
        : compareDigits(a.text, b.text)
    default:
      return compareText(a.text, b.text)
  }
}

function partsOf(text: string): readonly Part[] {
  const parts: Part[] = []
  let rest = text.trim()
  const take = (pattern: RegExp) => {
    const found = pattern.exec(rest)
    if (found) rest = rest.slice(found[0].length)
    return found?.[1]
  }
  const first = take(/^(\d+)/)
  if (first !== undefined) parts.push({ kind: KINDS.number, text: first.replace(/^0+(?=\d)/, '') })
  for (let number = take(/^\.(\d+)/); number !== undefined; number = take(/^\.(\d+)/))
    parts.push({ kind: KINDS.number, text: number })
  const letter = take(/^([a-z])/)
  if (letter !== undefined) parts.push({ kind: KINDS.letter, text: letter })
  const suffix = /^_(alpha|beta|pre|rc|cvs|svn|git|hg|p)/
  for (let name = take(suffix); name !== undefined; name = take(suffix)) {
    parts.push({ kind: EARLY.includes(name) ? KINDS.early : KINDS.late, text: name })
    const count = take(/^(\d+)/)
    if (count !== undefined) parts.push({ kind: KINDS.count, text: count })
  }
  const hash = take(/^~([0-9a-f]+)/)
  if (hash !== undefined) parts.push({ kind: KINDS.hash, text: hash })
  const revision = take(/^-r(\d+)/)
  if (revision !== undefined) parts.push({ kind: KINDS.revision, text: revision })
  if (rest !== '') parts.push({ kind: KINDS.invalid, text: rest })
  parts.push({ kind: KINDS.end, text: '' })
  return parts
}
