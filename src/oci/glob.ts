type Piece = { readonly is: 'star' | 'stars' | 'one' } | { readonly is: 'text'; readonly character: string }

const MOST_PARSED = 10_000
const parsed = new Map<string, readonly Piece[]>()

/**
 * Does the pattern stand for all of `text`? `*` stands for any characters but "/", `**` for any, `?` for one that is no
 * "/"; a pattern that ends in `/**` stands for what is below, and for nothing else. There are no other special characters.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (pattern === '**' || pattern === text) return true
  if (pattern === '*') return !text.includes('/')
  let pieces = parsed.get(pattern)
  if (!pieces) {
    pieces = piecesOf(pattern)
    if (parsed.size >= MOST_PARSED) parsed.clear()
    parsed.set(pattern, pieces)
  }
  return matches(pieces, text)
}

/**
 * One pass over the text for each piece, and no regular expression: with many stars in a pattern, and people write
 * patterns, that could be made to try for years. `reached[at]` says that the pieces so far stand for the first `at`
 * characters.
 */
function matches(pieces: readonly Piece[], text: string): boolean {
  let reached: boolean[] = new Array(text.length + 1).fill(false)
  reached[0] = true
  for (const piece of pieces) {
    const next: boolean[] = new Array(text.length + 1).fill(false)
    for (let at = 0; at <= text.length; at += 1) {
      const before = at > 0 && stands(piece, text[at - 1] as string)
      const isStar = piece.is === 'star' || piece.is === 'stars'
      next[at] = isStar ? reached[at] === true || (before && next[at - 1] === true) : before && reached[at - 1] === true
    }
    reached = next
  }
  return reached[text.length] === true
}

function stands(piece: Piece, character: string): boolean {
  if (piece.is === 'text') return piece.character === character
  return piece.is === 'stars' || character !== '/'
}

function piecesOf(pattern: string): readonly Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] as string
    if (character === '*') {
      const isDouble = pattern[at + 1] === '*'
      if (isDouble) while (pattern[at + 1] === '*') at += 1
      pieces.push({ is: isDouble ? 'stars' : 'star' })
    } else pieces.push(character === '?' ? { is: 'one' } : { is: 'text', character })
  }
  return pieces
}
