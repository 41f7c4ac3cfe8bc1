import { compareDigits, compareLists, compareText, type Order } from './digits.ts'

/** rpm's order of [epoch:]version[-release]; what one of the two does not say of its release is not compared. */
export const compareRpm: Order = (a, b) => {
  const left = parse(a)
  const right = parse(b)
  const order = compareDigits(left.epoch, right.epoch) || compareSegments(left.version, right.version)
  if (order !== 0) return order
  if (left.release === undefined || right.release === undefined)
    return Number(left.release !== undefined) - Number(right.release !== undefined)
  return compareSegments(left.release, right.release)
}

function parse(text: string) {
  const evr = text.trim()
  const epoch = /^\d+(?=:)/.exec(evr)?.[0]
  const rest = epoch === undefined ? evr.replace(/^\(none\):/, '') : evr.slice(epoch.length + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: epoch ?? '0',
    version: dash < 0 ? rest : rest.slice(0, dash),
    release: dash < 0 ? undefined : rest.slice(dash + 1),
  }
}

/** By what a segment is: a tilde comes before the end, a caret behind it and before everything else. */
const KINDS = { tilde: 0, end: 1, caret: 2, letters: 3, number: 4 } as const

interface Segment {
  readonly kind: number
  readonly text: string
}

/** rpmvercmp. */
const compareSegments: Order = (a, b) => compareLists(segmentsOf(a), segmentsOf(b), compareSegment)

function compareSegment(a: Segment, b: Segment): number {
  if (a.kind !== b.kind) return a.kind - b.kind
  return a.kind === KINDS.number ? compareDigits(a.text, b.text) : compareText(a.text, b.text)
}

function segmentsOf(text: string): readonly Segment[] {
  const found = text.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? []
  return [...found.map(segment => ({ kind: kindOf(segment), text: segment })), { kind: KINDS.end, text: '' }]
}

function kindOf(segment: string): number {
  if (segment === '~') return KINDS.tilde
  if (segment === '^') return KINDS.caret
  return /^[0-9]/.test(segment) ? KINDS.number : KINDS.letters
}
