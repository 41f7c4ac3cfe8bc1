import type { TagPattern } from '../../protection/index.ts'

const MOST_ALTERNATIVES = 100

/**
 * What one of Harbor's patterns stands for, as globs of repositories: alternatives in braces written out, a `**` that is
 * a whole component also for none. Undefined when globs cannot say it: classes, escapes, too many alternatives.
 * Source: github.com/bmatcuk/doublestar, "Patterns", of which `**` within a component is a `*`.
 */
export function repositoryGlobs(pattern: string): readonly string[] | undefined {
  const alternatives = expandBraces(pattern)
  if (!alternatives || /[[\]\\]/.test(pattern)) return undefined
  const globs = alternatives.flatMap(alternative => {
    const components = alternative
      .split('/')
      .map(component => (component === '**' ? '**' : component.replace(/\*+/g, '*')))
    return withoutStars(components).map(some => some.join('/'))
  })
  return globs.length > MOST_ALTERNATIVES ? undefined : [...new Set(globs)]
}

/** Harbor takes an empty pattern for all, as `**`. */
export function isAll(pattern: string): boolean {
  return pattern === '' || pattern === '**'
}

/** One pattern of tags that matches what any alternative matches; undefined for a pattern that is none. */
export function tagPattern(pattern: string): TagPattern | undefined {
  const alternatives = expandBraces(pattern)
  if (!alternatives) return undefined
  const [first] = alternatives
  if (first !== undefined && alternatives.length === 1 && !/[[\]\\]/.test(first))
    return { glob: first.replace(/\*+/g, '*') }
  const expressions = alternatives.map(expressionOf)
  if (expressions.includes(undefined)) return undefined
  return { regex: expressions.length === 1 ? (expressions[0] ?? '') : `(?:${expressions.join('|')})` }
}

/** `a/**` + `/b` stands for a/b too. */
function withoutStars(components: readonly string[]): readonly (readonly string[])[] {
  const [first, ...others] = components
  if (first === undefined) return [[]]
  const rests = withoutStars(others)
  if (first !== '**' || others.length === 0) return rests.map(rest => [first, ...rest])
  return rests.flatMap(rest => [[first, ...rest], rest])
}

/** `{a,b{c,d}}` as a, bc, bd; undefined when the braces do not match or there are too many. */
function expandBraces(pattern: string): readonly string[] | undefined {
  const open = indexOutside(pattern, '{')
  if (open < 0) return indexOutside(pattern, '}') < 0 ? [pattern] : undefined
  const parts: string[] = []
  let depth = 0
  let from = open + 1
  for (let at = open; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === '\\') at += 1
    else if (character === '{') depth += 1
    else if (character === ',' && depth === 1) {
      parts.push(pattern.slice(from, at))
      from = at + 1
    } else if (character === '}') {
      depth -= 1
      if (depth > 0) continue
      parts.push(pattern.slice(from, at))
      return expandAll(parts.map(part => pattern.slice(0, open) + part + pattern.slice(at + 1)))
    }
  }
  return undefined
}

function expandAll(patterns: readonly string[]): readonly string[] | undefined {
  const all: string[] = []
  for (const pattern of patterns) {
    const expanded = expandBraces(pattern)
    if (!expanded || all.length + expanded.length > MOST_ALTERNATIVES) return undefined
    all.push(...expanded)
  }
  return all
}

/** Escaped characters stand for themselves, and so do those of a class. */
function indexOutside(pattern: string, wanted: string): number {
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === '[') {
      const end = pattern.indexOf(']', at + 2)
      if (end > 0) at = end
    } else if (pattern[at] === wanted) return at
  }
  return -1
}

function expressionOf(glob: string): string | undefined {
  let expression = ''
  for (let at = 0; at < glob.length; ) {
    const piece = pieceAt(glob, at)
    if (!piece) return undefined
    expression += piece.expression
    at = piece.end
  }
  return expression.replaceAll(/(\.\*)+/g, '.*')
}

function pieceAt(glob: string, at: number): { readonly expression: string; readonly end: number } | undefined {
  const character = glob[at] ?? ''
  const end = at + 1
  if (character === '*') return { expression: '.*', end }
  if (character === '?') return { expression: '.', end }
  if (character === '\\') return { expression: literal(glob[end] ?? ''), end: end + 1 }
  if (character !== '[') return { expression: literal(character), end }
  const closed = glob.indexOf(']', at + 2)
  const inner = glob.slice(end, closed).replace(/^[!^]/, '^')
  const isClass = closed > 0 && /^\^?[A-Za-z0-9._-]+$/.test(inner)
  return isClass ? { expression: `[${inner}]`, end: closed + 1 } : undefined
}

function literal(character: string): string {
  return /[A-Za-z0-9_-]/.test(character) ? character : `\\${character}`
}
