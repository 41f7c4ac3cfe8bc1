import { compareDigits, compareText, type Order } from './digits.ts'

type Item = string | Items
interface Items extends Array<Item> {}

const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp']
const ALIASES: Readonly<Record<string, string>> = { cr: 'rc', ga: '', final: '', release: '' }

/** Maven's order (ComparableVersion): numbers, known words and others, in lists that hyphens open. */
export const compareMaven: Order = (a, b) => compareItems(parse(a), parse(b))

/** Beyond it nothing counts: lists lie in lists, as deep as the text is long. */
const MOST_CHARACTERS = 500

function parse(text: string): Items {
  const version = text.trim().slice(0, MOST_CHARACTERS).toLowerCase()
  const root: Items = []
  const lists = [root]
  let list = root
  const open = () => {
    const inner: Items = []
    list.push(inner)
    lists.push(inner)
    list = inner
  }
  let isDigits = false
  let start = 0
  const item = (end: number, isBeforeDigit: boolean) => {
    const word = version.slice(start, end)
    return isDigits ? word.replace(/^0+(?=\d)/, '') : qualifierOf(word, isBeforeDigit)
  }
  for (let at = 0; at < version.length; at += 1) {
    const character = version[at] as string
    if (character === '.') {
      list.push(at === start ? '0' : item(at, false))
      start = at + 1
    } else if (character === '-') {
      list.push(at === start ? '0' : item(at, false))
      start = at + 1
      if (isDigits || list.length > 0) open()
    } else if (/[0-9]/.test(character)) {
      if (!isDigits && at > start) {
        // 1.0.X1 < 1.0-X2: a word without a hyphen before it opens a list, too.
        if (list.length > 0) open()
        list.push(item(at, true))
        start = at
        open()
      }
      isDigits = true
    } else {
      if (isDigits && at > start) {
        list.push(item(at, false))
        start = at
        open()
      }
      isDigits = false
    }
  }
  if (version.length > start) {
    if (!isDigits && list.length > 0) open()
    list.push(item(version.length, false))
  }
  for (const each of lists.reverse()) normalise(each)
  return root
}

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
  if (typeof a === 'string' && typeof b === 'string') {
    if (isNumber(a) && isNumber(b)) return compareDigits(a, b)
    if (isNumber(a) !== isNumber(b)) return isNumber(a) ? 1 : -1
    return compareQualifiers(a, b)
  }
  if (typeof a === 'string') return isNumber(a) ? 1 : -1
  if (typeof b === 'string') return isNumber(b) ? -1 : 1
  const length = Math.max(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const order = compareItems(a[at], b[at])
    if (order !== 0) return order
  }
  return 0
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
