import { type Json, list, object } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import { fileName, jsonOf } from '../document.ts'
import { npmPackage } from '../packages.ts'

/** The package.json that lies with each installed package. Those without a name and a version only tell Node how to load. */
export const PACKAGE_JSON: FileReader = {
  name: 'package.json',
  wants: ({ path }) => fileName(path) === 'package.json',
  read({ bytes }) {
    const document = jsonOf(bytes)
    return npmPackage(document.name, document.version, licencesOf(document))
  },
}

/** A word, an object with a type, or a list of either. */
function licencesOf({ license, licenses }: Json): readonly unknown[] {
  const written = license ?? licenses
  return (Array.isArray(written) ? list(written) : [written]).map(one =>
    typeof one === 'string' ? one : object(one).type,
  )
}
