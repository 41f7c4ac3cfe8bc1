import { paragraphs } from './paragraphs.ts'
import type { SystemPackage, SystemReader } from './system-package.ts'

const INSTALLED = /^(?:usr\/)?lib\/apk\/db\/installed$/

/** apk's database of installed packages, one letter a field. apk-v2(5). */
export const APK_READER: SystemReader = {
  name: 'apk',
  wants: path => INSTALLED.test(path),
  read: bytes => [...paragraphs(bytes)].flatMap(lines => packageOf(lines) ?? []),
}

function packageOf(lines: readonly string[]): SystemPackage | undefined {
  const fields = new Map<string, string>()
  // Fields of the package stand before those of its folders and files, which use some of the letters again.
  for (const line of lines) {
    const letter = line.slice(0, 2)
    if (letter === 'F:') break
    if (line[1] === ':' && !fields.has(letter)) fields.set(letter, line.slice(2).trim())
  }
  const name = fields.get('P:')
  const version = fields.get('V:')
  if (!name || !version) return undefined
  const licence = fields.get('L:')
  return {
    type: 'apk',
    name,
    version,
    architecture: fields.get('A:'),
    source: { name: fields.get('o:') || name, version },
    licences: licence ? [licence] : [],
  }
}
