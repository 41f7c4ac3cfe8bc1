const LONGEST_PATTERN = 512
const LONGEST_VALUE = 4096

/**
 * Whether the whole value matches: `*` is any text without "/", `**` any text, everything else itself. Takes time by
 * the product of the lengths, whatever the pattern.
 */
export function matchesGlob(pattern: string, value: string): boolean {
  if (pattern.length > LONGEST_PATTERN || value.length > LONGEST_VALUE) return false
  let reached = new Uint8Array(value.length + 1)
  reached[0] = 1
  for (const part of pattern.match(/\*\*|\*|[^*]/gs) ?? []) reached = step(reached, part, value)
  return reached[value.length] === 1
}

/** `reached[i]`: what came before the part matches the first i characters. Gives the same with the part. */
function step(reached: Uint8Array, part: string, value: string): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(value.length + 1)
  const goesOver = (character: string | undefined) => part === '**' || (part === '*' && character !== '/')
  for (let at = 0; at <= value.length; at += 1) {
    if (part.startsWith('*')) {
      next[at] = reached[at] === 1 || (at > 0 && next[at - 1] === 1 && goesOver(value[at - 1])) ? 1 : 0
    } else if (at > 0 && reached[at - 1] === 1 && value[at - 1] === part) next[at] = 1
  }
  return next
}

export function isExact(pattern: string): boolean {
  return !pattern.includes('*')
}

/** What is wrong with a pattern; undefined when nothing is. */
export function globProblem(pattern: string): string | undefined {
  if (pattern === '') return 'is empty'
  if (pattern.length > LONGEST_PATTERN) return `is longer than ${LONGEST_PATTERN} characters`
  if (pattern.includes('***')) return 'has three stars in a row'
  if (/\p{Cc}/u.test(pattern)) return 'has characters that cannot be seen'
  return undefined
}
