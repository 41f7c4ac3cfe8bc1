/**
 * Characters that make a line end, a terminal act or text read differently from what it is: control characters (C0,
 * DEL, C1), line and paragraph separators, and marks of direction.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The text with what cannot be seen written as `\u000a`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escaped)
}

/**
 * JSON on one line, in which nothing unseen is left. JSON.stringify escapes C0 only; the others can stand in strings
 * only, where an escape means the same.
 */
export function visibleJson(value: unknown): string {
  return visible(JSON.stringify(value))
}
