import { RE2JS } from 're2js'
import { parse as parseSemver, Range, type SemVer } from 'semver'
import { matchesGlob } from '../../oci/index.ts'
import type { TagPattern } from '../../stores/metadata/index.ts'

const LONGEST = 500
const MOST_MADE = 1000
const made = new Map<string, (tag: string) => boolean>()
const PREFIXES = { regex: 'regex:', semver: 'semver:', prereleases: 'semver-with-prereleases:' } as const

/**
 * Does a tag match one of the patterns? Made once for many tags, in time linear in them.
 * @throws Error saying what is wrong with a pattern (see {@link tagPatternFault}).
 */
export function tagMatcher(patterns: readonly TagPattern[]): (tag: string) => boolean {
  const matchers = patterns.map(matcherOf)
  return tag => matchers.some(matches => matches(tag))
}

/** What is wrong with the pattern; undefined for a good one. */
export function tagPatternFault(pattern: TagPattern): string | undefined {
  const text = 'glob' in pattern ? pattern.glob : 'regex' in pattern ? pattern.regex : pattern.semver
  if (text.trim() === '') return 'is empty; * stands for every tag'
  if (text.length > LONGEST) return `has ${text.length} characters; ${LONGEST} is the most`
  try {
    matcherOf(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * The pattern in one word, as commands take it: `v*`, `regex:v\d+`, `semver:>=1.2 <2`,
 * `semver-with-prereleases:>=1.2`. No tag has a colon, so nothing is meant twice.
 */
export function parseTagPattern(text: string): TagPattern {
  if (text.startsWith(PREFIXES.regex)) return { regex: text.slice(PREFIXES.regex.length) }
  if (text.startsWith(PREFIXES.semver)) return { semver: text.slice(PREFIXES.semver.length) }
  if (text.startsWith(PREFIXES.prereleases))
    return { semver: text.slice(PREFIXES.prereleases.length), prereleases: true }
  return { glob: text }
}

/** The other way round. */
export function tagPatternText(pattern: TagPattern): string {
  if ('glob' in pattern) return pattern.glob
  if ('regex' in pattern) return `${PREFIXES.regex}${pattern.regex}`
  return `${pattern.prereleases ? PREFIXES.prereleases : PREFIXES.semver}${pattern.semver}`
}

/**
 * The semantic version that a tag is, with or without a leading v; undefined for `latest`, `1.2`, `2024.06.01`. An
 * underscore stands for the plus before build metadata, which no tag can have; Helm writes it so.
 */
export function versionOfTag(tag: string): SemVer | undefined {
  if (!/^v?\d/.test(tag)) return undefined
  return parseSemver(tag.replace('_', '+')) ?? undefined
}

function matcherOf(pattern: TagPattern): (tag: string) => boolean {
  const text = tagPatternText(pattern)
  let matcher = made.get(text)
  if (!matcher) {
    matcher = makeMatcher(pattern)
    if (made.size >= MOST_MADE) made.clear()
    made.set(text, matcher)
  }
  return matcher
}

function makeMatcher(pattern: TagPattern): (tag: string) => boolean {
  if ('glob' in pattern) return globOf(pattern.glob)
  if ('regex' in pattern) {
    const expression = expressionOf(pattern.regex)
    return tag => expression.testExact(tag)
  }
  const range = rangeOf(pattern.semver, pattern.prereleases === true)
  return tag => {
    const version = versionOfTag(tag)
    return version !== undefined && range.test(version)
  }
}

/** Tags have no slashes, so a star stands for anything; each stretch between two may then stand where it first can. */
function globOf(glob: string): (tag: string) => boolean {
  if (glob.includes('?')) return tag => matchesGlob(glob, tag)
  const [first = '', ...others] = glob.split(/\*+/)
  const last = others.pop()
  if (last === undefined) return tag => tag === glob
  return tag => {
    if (!tag.startsWith(first)) return false
    let at = first.length
    for (const stretch of others) {
      const found = tag.indexOf(stretch, at)
      if (found < 0) return false
      at = found + stretch.length
    }
    return tag.length - last.length >= at && tag.endsWith(last)
  }
}

function expressionOf(text: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`is no regular expression as RE2 has them (${why})`)
  }
}

function rangeOf(text: string, includePrerelease: boolean): Range {
  try {
    return new Range(text, { includePrerelease })
  } catch {
    throw new Error(`${JSON.stringify(text)} is no range of semantic versions, such as ">=1.2 <2"`)
  }
}
