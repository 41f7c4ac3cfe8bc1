import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { fileName, linesOf, textOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { npmPackage } from '../packages.ts'

/**
 * pnpm-lock.yaml of pnpm 5 to 10. pnpm writes it in one form, which is read line by line: a YAML parser takes
 * seconds for the large ones.
 */
export const PNPM_LOCK: FileReader = {
  name: 'pnpm-lock.yaml',
  wants: ({ path }) => fileName(path) === 'pnpm-lock.yaml' && isOfProject(path),
  read({ bytes }) {
    const found: FoundPackage[] = []
    let isInPackages = false
    let last: readonly FoundPackage[] = []
    for (const line of linesOf(textOf(bytes))) {
      if (line !== '' && line[0] !== ' ') isInPackages = line.startsWith('packages:')
      if (!isInPackages) continue
      if (line.startsWith('  ') && line[2] !== ' ' && line.endsWith(':')) {
        last = ofKey(unquoted(line.slice(2, -1)))
        found.push(...last)
      } else if (line === '    dev: true' && last.length > 0) {
        found.pop()
        last = []
      }
    }
    return declared(found)
  },
}

const unquoted = (text: string): string => (/^['"]/.test(text) ? text.slice(1, -1) : text)

/** `/@babel/core/7.1.0_peer` (5), `/@babel/core@7.1.0(peer@1)` (6), `@babel/core@7.1.0` (9). */
function ofKey(key: string): readonly FoundPackage[] {
  const plain = key.startsWith('/') ? key.slice(1) : key
  const parenthesis = plain.indexOf('(')
  const withoutPeers = parenthesis < 0 ? plain : plain.slice(0, parenthesis)
  const at = withoutPeers.indexOf('@', 1)
  if (at > 0 && !withoutPeers.slice(0, at).includes('/', slashes(withoutPeers))) {
    return versioned(withoutPeers.slice(0, at), withoutPeers.slice(at + 1))
  }
  const slash = withoutPeers.indexOf('/', slashes(withoutPeers))
  return slash < 0 ? [] : versioned(withoutPeers.slice(0, slash), withoutPeers.slice(slash + 1).split('_', 1)[0] ?? '')
}

/** From where a slash is no part of a scope. */
const slashes = (name: string): number => (name.startsWith('@') ? name.indexOf('/') + 1 : 0)

/** Files, folders and repositories have no version here. */
const versioned = (name: string, version: string): readonly FoundPackage[] =>
  /^\d/.test(version) ? npmPackage(name, version) : []
