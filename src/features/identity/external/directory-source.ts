import type { Directory } from '../../../stores/directories/index.ts'
import type { PasswordSource } from './external-identity.ts'

/** A directory under the name that it has in the configuration. */
export function directorySource(source: string, directory: Directory): PasswordSource {
  return {
    name: source,
    async authenticate(name, password) {
      const entry = await directory.authenticate(name, password)
      return entry && { source, ...entry }
    },
  }
}
