import { object } from '../../../../platform/foreign-json/index.ts'
import type { FileReader } from '../../file-reader.ts'
import { fileName, jsonOf } from '../document.ts'
import { declared, isOfProject } from '../locks.ts'
import { nugetPackage } from '../packages.ts'

/** packages.lock.json of NuGet; projects of the same solution have no resolved version. */
export const PACKAGES_LOCK: FileReader = {
  name: 'packages.lock.json',
  wants: ({ path }) => fileName(path) === 'packages.lock.json' && isOfProject(path),
  read({ bytes }) {
    const frameworks = Object.values(object(jsonOf(bytes).dependencies)).map(object)
    const locked = frameworks.flatMap(Object.entries) as [string, unknown][]
    return declared(locked.flatMap(([name, value]) => nugetPackage(name, object(value).resolved)))
  },
}
