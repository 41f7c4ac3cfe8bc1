import type { FileReader } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { fileName, linesOf, textOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { gemPackage } from '../packages.ts'

/** Gemfile.lock: gems stand four spaces in, below the `specs:` of a source. Platforms follow the version. */
export const GEMFILE_LOCK: FileReader = {
  name: 'Gemfile.lock',
  wants: ({ path }) => ['Gemfile.lock', 'gems.locked'].includes(fileName(path)) && isOfProject(path),
  read({ bytes }) {
    const found: FoundPackage[] = []
    let isOfRegistry = false
    for (const line of linesOf(textOf(bytes))) {
      if (line !== '' && line[0] !== ' ') isOfRegistry = line === 'GEM'
      if (!isOfRegistry || !line.startsWith('    ') || line[4] === ' ' || !line.endsWith(')')) continue
      const parenthesis = line.indexOf(' (')
      const version = line.slice(parenthesis + 2, -1)
      if (parenthesis > 4) found.push(...gemPackage(line.slice(4, parenthesis), version.split('-', 1)[0]))
    }
    return declared(found)
  },
}
