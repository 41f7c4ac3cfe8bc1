import parseExpression from 'spdx-expression-parse'

/** The licences as one SPDX expression; undefined when they cannot be written as one. */
export function expressionOf(licences: readonly string[]): string | undefined {
  if (licences.length === 0 || !licences.every(isExpression)) return undefined
  if (licences.length === 1) return licences[0]
  return licences.map(each => (/ /.test(each) ? `(${each})` : each)).join(' AND ')
}

export function isExpression(text: string): boolean {
  try {
    parseExpression(text)
    return true
  } catch {
    // Its only way to say no.
    return false
  }
}
