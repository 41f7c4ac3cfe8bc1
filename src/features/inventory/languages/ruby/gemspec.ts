import type { FileReader } from '../../file-reader.ts'
import { linesOf, textOf } from '../document.ts'
import { gemPackage } from '../packages.ts'

/** The specification that RubyGems leaves of each installed gem: Ruby, but always written in the same way. */
export const GEMSPEC: FileReader = {
  name: 'gemspec',
  wants: ({ path }) => path.endsWith('.gemspec') && /(?:^|\/)specifications\//.test(path),
  read({ bytes }) {
    let name: string | undefined
    let version: string | undefined
    let licences: readonly string[] = []
    for (const line of linesOf(textOf(bytes))) {
      const equals = line.indexOf('=')
      const dot = line.lastIndexOf('.', equals)
      if (equals < 0 || dot < 0) continue
      const attribute = line.slice(dot + 1, equals).trim()
      const words = quotedWords(line.slice(equals + 1))
      if (attribute === 'name') name ??= words[0]
      else if (attribute === 'version') version ??= words[0]
      else if (attribute === 'licenses' || attribute === 'license') licences = words
    }
    return gemPackage(name, version, licences)
  },
}

/** `["MIT".freeze, "Ruby".freeze]`; a word with anything in it that Ruby would work out is left out. */
function quotedWords(text: string): readonly string[] {
  const words: string[] = []
  for (let at = 0; at < text.length; at++) {
    const quote = text[at]
    if (quote !== '"' && quote !== "'") continue
    const end = text.indexOf(quote, at + 1)
    if (end < 0) break
    const word = text.slice(at + 1, end)
    if (!word.includes('#{')) words.push(word)
    at = end
  }
  return words
}
