/** Documents as large as are taken have a tenth of it, when they are not made to fill memory. */
const MOST_VALUES = 2_000_000
/** Nobody writes, and not everybody reads, what lies deeper. */
const DEEPEST = 1000

const [QUOTE, ESCAPE, COMMA] = [0x22, 0x5c, 0x2c]
const [OPENING_LIST, CLOSING_LIST, OPENING_OBJECT, CLOSING_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * What is too much about JSON that is not parsed yet: three bytes of it can take a hundred of memory. Undefined when it
 * may be parsed.
 */
export function excessOf(json: Uint8Array): string | undefined {
  let [values, depth] = [0, 0]
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]
    if (byte === QUOTE) at = endOfText(json, at)
    else if (byte === COMMA) values += 1
    else if (byte === CLOSING_LIST || byte === CLOSING_OBJECT) depth -= 1
    else if (byte === OPENING_LIST || byte === OPENING_OBJECT) {
      values += 1
      depth += 1
      if (depth > DEEPEST) return `it has lists and objects in each other, more than ${DEEPEST} deep`
    }
  }
  return values > MOST_VALUES ? `it has more than ${MOST_VALUES} values` : undefined
}

/** Where the text ends that begins here; the end of all when it does not. */
function endOfText(json: Uint8Array, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === QUOTE) return at
    if (json[at] === ESCAPE) at += 1
  }
  return json.length
}
