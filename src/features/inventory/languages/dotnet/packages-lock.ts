import type { FileReader } from '../../file-reader.ts'
import { fieldsOf, fileName, jsonOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { nugetPackage } from '../packages.ts'

/** packages.lock.json of NuGet; projects of the same solution have no resolved version. */
export const PACKAGES_LOCK: FileReader = {
  name: 'packages.lock.json',
  wants: ({ path }) => fileName(path) === 'packages.lock.json' && isOfProject(path),
  read({ bytes }) {
    const frameworks = Object.values(fieldsOf(jsonOf(bytes).dependencies)).map(fieldsOf)
    const locked = frameworks.flatMap(Object.entries) as [string, unknown][]
    return declared(locked.flatMap(([name, value]) => nugetPackage(name, fieldsOf(value).resolved)))
  },
}
