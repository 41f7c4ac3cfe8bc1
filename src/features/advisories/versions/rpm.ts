import { compareDigits, compareText, type Order } from './digits.ts'

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

const SEGMENT = /^(?:[0-9]+|[A-Za-z]+)/

/** rpmvercmp: a tilde comes before the end, a caret behind it and before everything else. */
function compareSegments(a: string, b: string): number {
  let [left, right] = [a, b]
  for (;;) {
    left = left.replace(/^[^A-Za-z0-9~^]+/, '')
    right = right.replace(/^[^A-Za-z0-9~^]+/, '')
    const [mark, other] = [left[0], right[0]]
    if (mark === '~' || other === '~') {
      if (mark !== '~') return 1
      if (other !== '~') return -1
      left = left.slice(1)
      right = right.slice(1)
      continue
    }
    if (mark === '^' || other === '^') {
      if (mark === undefined) return -1
      if (other === undefined) return 1
      if (mark !== '^') return 1
      if (other !== '^') return -1
      left = left.slice(1)
      right = right.slice(1)
      continue
    }
    if (mark === undefined || other === undefined) return left.length - right.length
    const segment = (SEGMENT.exec(left) as RegExpExecArray)[0]
    const counterpart = (SEGMENT.exec(right) as RegExpExecArray)[0]
    const [isNumber, isOtherNumber] = [/^\d/.test(segment), /^\d/.test(counterpart)]
    // Numbers are newer than letters.
    if (isNumber !== isOtherNumber) return isNumber ? 1 : -1
    const order = isNumber ? compareDigits(segment, counterpart) : compareText(segment, counterpart)
    if (order !== 0) return order
    left = left.slice(segment.length)
    right = right.slice(counterpart.length)
  }
}
