import { FilterParser } from 'ldapts'

/** Whether a text can be read as a search filter (RFC 4515). */
export function isFilter(text: string): boolean {
  try {
    FilterParser.parseString(text)
    return true
  } catch {
    return false
  }
}
