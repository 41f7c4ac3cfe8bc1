import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { fileName, linesOf, textOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { npmPackage } from '../packages.ts'

/** yarn.lock, of yarn 1 and of those since. */
export const YARN_LOCK: FileReader = {
  name: 'yarn.lock',
  wants: ({ path }) => fileName(path) === 'yarn.lock' && isOfProject(path),
  read({ bytes }) {
    const found: FoundPackage[] = []
    let name: string | undefined
    for (const line of linesOf(textOf(bytes))) {
      if (line === '' || line[0] === '#') continue
      if (line[0] !== ' ') name = line.endsWith(':') ? nameOf(line) : undefined
      else if (name !== undefined && line.startsWith('  version')) {
        const version = unquoted(line.slice('  version'.length).replace(/^:/, '').trim())
        // Projects of a workspace, and those that are a folder, have this.
        if (version !== '0.0.0-use.local') found.push(...npmPackage(name, version))
        name = undefined
      }
    }
    return declared(found)
  },
}

const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, text.lastIndexOf('"')) : text)

/**
 * `"@babel/core@^7.0.0", "@babel/core@^7.1.0":`, `"@babel/core@npm:^7.0.0, @babel/core@npm:^7.1.0":`, and what
 * `wide@npm:string-width@^4` really is.
 */
function nameOf(line: string): string | undefined {
  const first = line.slice(0, -1).split(',', 1)[0]?.replaceAll('"', '').trim() ?? ''
  const at = first.indexOf('@', 1)
  if (at < 0) return undefined
  const range = first.slice(at + 1)
  const alias = range.startsWith('npm:') ? range.indexOf('@', 5) : -1
  return alias < 0 ? first.slice(0, at) : range.slice(4, alias)
}
