import type { FileReader } from '../../file-reader.ts'
import { newBudget, unpackMember, zipMembers } from '../zip.ts'
import { metadataPackages } from './metadata.ts'

const LARGEST_BYTES = 8 * 1024 * 1024

/** Eggs that are one file: zip archives that Python imports from. Wheels are not read: they lie there to be installed. */
export const PYTHON_EGGS: FileReader = {
  name: 'Python eggs',
  wants: ({ path, head }) => path.endsWith('.egg') && head[0] === 0x50 && head[1] === 0x4b,
  read({ bytes }) {
    const budget = newBudget()
    for (const member of zipMembers(bytes, budget)) {
      if (member.name === 'EGG-INFO/PKG-INFO')
        return metadataPackages(unpackMember(bytes, member, LARGEST_BYTES, budget))
    }
    return []
  },
}
