import type { FileReader } from '../../file-reader.ts'
import { fileName, linesOf, textOf } from '../document.ts'
import { pypiPackage } from '../packages.ts'

/** What pip, setuptools and distributions leave beside each installed package: core metadata, written as mail headers. */
export const PYTHON_METADATA: FileReader = {
  name: 'Python metadata',
  wants({ path }) {
    const name = fileName(path)
    if (name === 'METADATA') return /dist-info\/METADATA$/i.test(path)
    if (name === 'PKG-INFO') return /egg-info\/PKG-INFO$/i.test(path)
    return name.endsWith('.egg-info')
  },
  read: ({ bytes }) => metadataPackages(bytes),
}

/** Of METADATA and PKG-INFO. Python itself, which has an egg-info in some distributions, is not of PyPI. */
export function metadataPackages(bytes: Uint8Array) {
  const headers = headersOf(textOf(bytes))
  if (headers.get('name') === 'Python') return []
  const licence = headers.get('license-expression') ?? headers.get('license')
  return pypiPackage(headers.get('name'), headers.get('version'), licence === 'UNKNOWN' ? [] : licence)
}

/** Until the first empty line; of a header that is there twice the first. Continued lines are left out. */
function headersOf(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of linesOf(text)) {
    if (line === '' && headers.size > 0) break
    const colon = line.indexOf(':')
    if (colon <= 0 || line[0] === ' ' || line[0] === '\t') continue
    const name = line.slice(0, colon).trim().toLowerCase()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim())
  }
  return headers
}
