import { tableOf } from '../../../platform/foreign-json/index.ts'
import { compareDigits, compareText, type Order } from './digits.ts'

type Item = string | Items
interface Items extends Array<Item> {}

const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp']
const ALIASES = tableOf<string>({ cr: 'rc', ga: '', final: '', release: '' })

/** Maven's order (ComparableVersion): numbers, known words and others, in lists that hyphens open. */
export const compareMaven: Order = (a, b) => compareItems(parse(a), parse(b))

/** Beyond it nothing counts: lists lie in lists, as deep as the text is long. */
const MOST_CHARACTERS = 500

function parse(text: string): Items {
  const nested = new Nested()
  const tokens =
    text
      .trim()
      .slice(0, MOST_CHARACTERS)
      .toLowerCase()
      .match(/[.-]|[0-9]+|[^0-9.-]+/g) ?? []
  for (const [at, token] of tokens.entries()) nested.add(token, tokens[at - 1] ?? '', tokens[at + 1] ?? '')
  return nested.done()
}

/** Lists in lists, of which the innermost grows. */
class Nested {
  readonly #lists: Items[] = [[]]

  get #list(): Items {
    return this.#lists.at(-1) as Items
  }

  add(token: string, before: string, after: string): void {
    if (isSeparator(token)) {
      // Nothing between two of them is a zero.
      if (before === '' || isSeparator(before)) this.#list.push('0')
      if (token === '-') this.#open()
    } else if (isNumber(token)) {
      // A list of its own behind a word.
      if (before !== '' && !isSeparator(before)) this.#open()
      this.#list.push(token.replace(/^0+(?=\d)/, ''))
    } else {
      const isLast = after === '' || isNumber(after)
      // 1.0.X1 < 1.0-X2: a word without a hyphen before it opens a list, too.
      if (isNumber(before) || (isLast && this.#list.length > 0)) this.#open()
      this.#list.push(qualifierOf(token, isNumber(after)))
    }
  }

  done(): Items {
    for (const list of this.#lists.toReversed()) normalise(list)
    return this.#lists[0] as Items
  }

  #open(): void {
    const inner: Items = []
    this.#list.push(inner)
    this.#lists.push(inner)
  }
}

const isSeparator = (token: string) => token === '.' || token === '-'

function qualifierOf(word: string, isBeforeDigit: boolean): string {
  const short = isBeforeDigit && word.length === 1 ? { a: 'alpha', b: 'beta', m: 'milestone' }[word] : undefined
  return short ?? ALIASES[word] ?? word
}

/** Nothing at the end of a list counts that means nothing: zeros, "ga", lists that are empty. */
function normalise(list: Items): void {
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const item = list[at] as Item
    const isNothing = typeof item === 'string' ? item === '' || item === '0' : item.length === 0
    if (isNothing) list.splice(at, 1)
    else if (typeof item === 'string') break
  }
}

const isNumber = (item: string) => /^\d/.test(item)

function compareItems(a: Item | undefined, b: Item | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -againstNothing(b)
  if (b === undefined) return againstNothing(a)
  if (typeof a === 'string' && typeof b === 'string') return compareWords(a, b)
  if (typeof a === 'string') return isNumber(a) ? 1 : -1
  if (typeof b === 'string') return isNumber(b) ? -1 : 1
  const length = Math.max(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const order = compareItems(a[at], b[at])
    if (order !== 0) return order
  }
  return 0
}

function compareWords(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) return compareDigits(a, b)
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? 1 : -1
  return compareQualifiers(a, b)
}

function againstNothing(item: Item): number {
  if (typeof item !== 'string') {
    for (const each of item) {
      const order = againstNothing(each)
      if (order !== 0) return order
    }
    return 0
  }
  if (isNumber(item)) return item === '0' ? 0 : 1
  return compareQualifiers(item, '')
}

/** Known words in their order, a release among them; others follow, by their letters. */
function compareQualifiers(a: string, b: string): number {
  const [left, right] = [QUALIFIERS.indexOf(a), QUALIFIERS.indexOf(b)]
  const last = QUALIFIERS.length
  const order = (left < 0 ? last : left) - (right < 0 ? last : right)
  return order !== 0 || left >= 0 ? order : compareText(a, b)
}
