import { tableOf } from '../../../platform/foreign-json/index.ts'
import { compareDigits, compareLists, compareText, type Order } from './digits.ts'

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d+)?)?((?:-(\d+))|(?:[-_.]?(?:post|rev|r)[-_.]?(\d+)?))?([-_.]?dev[-_.]?(\d+)?)?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

const PHASES = tableOf<number>({ a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 })

interface Parsed {
  readonly epoch: string
  readonly release: readonly string[]
  /** Before all prereleases, one of them, or behind them. */
  readonly phase: number
  readonly phaseNumber: string
  readonly post: string | undefined
  readonly dev: string | undefined
  readonly local: readonly string[] | undefined
}

/** Python's order (PEP 440); what is no version by it comes before all that are. */
export const comparePep440: Order = (a, b) => {
  const left = parse(a)
  const right = parse(b)
  if (!left || !right) return left ? 1 : right ? -1 : compareText(a.trim(), b.trim())
  return (
    compareDigits(left.epoch, right.epoch) ||
    compareLists(left.release, right.release, compareDigits) ||
    left.phase - right.phase ||
    compareDigits(left.phaseNumber, right.phaseNumber) ||
    absentFirst(left.post, right.post, compareDigits) ||
    // What is still being made comes before what is made.
    Number(left.dev === undefined) - Number(right.dev === undefined) ||
    compareDigits(left.dev ?? '0', right.dev ?? '0') ||
    compareLocal(left.local, right.local)
  )
}

function absentFirst<Value>(a: Value | undefined, b: Value | undefined, compare: (x: Value, y: Value) => number) {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return compare(a, b)
}

function compareLocal(a: readonly string[] | undefined, b: readonly string[] | undefined): number {
  return absentFirst(a, b, (x, y) =>
    compareLists(x, y, (left, right) => {
      const [isNumber, isOtherNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)]
      if (isNumber !== isOtherNumber) return isNumber ? 1 : -1
      return isNumber ? compareDigits(left, right) : compareText(left, right)
    }),
  )
}

function parse(text: string): Parsed | undefined {
  const found = VERSION.exec(text.trim().toLowerCase())
  if (!found) return undefined
  const [, epoch = '0', release = '', phase, phaseNumber, post, dashed, counted, dev, devNumber, local] = found
  const numbers = release.split('.')
  while (numbers.length > 1 && /^0+$/.test(numbers.at(-1) as string)) numbers.pop()
  const isOnlyDev = phase === undefined && post === undefined && dev !== undefined
  return {
    epoch,
    release: numbers,
    phase: phase === undefined ? (isOnlyDev ? -1 : 3) : (PHASES[phase] as number),
    phaseNumber: phaseNumber ?? '0',
    post: post === undefined ? undefined : (dashed ?? counted ?? '0'),
    dev: dev === undefined ? undefined : (devNumber ?? '0'),
    local: local?.split(/[-_.]/),
  }
}
