const MOST_COMPILED = 10_000
const compiled = new Map<string, RegExp>()

/**
 * Does the pattern stand for all of `text`? `*` stands for any characters but "/", `**` for any, `?` for one that is no
 * "/"; a pattern that ends in `/**` stands for what is below, and for nothing else. There are no other special characters.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern)
  if (!expression) {
    expression = compile(pattern)
    if (compiled.size >= MOST_COMPILED) compiled.clear()
    compiled.set(pattern, expression)
  }
  return expression.test(text)
}

function compile(pattern: string): RegExp {
  // Neighbouring stars are one, or matching could take exponential time.
  const source = pattern.replace(/\*{3,}/g, '**').replace(/\*\*|\*|\?|[^*?]+/g, piece => {
    if (piece === '**') return '.*'
    if (piece === '*') return '[^/]*'
    if (piece === '?') return '[^/]'
    return piece.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 's')
}
