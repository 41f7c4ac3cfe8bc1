import type { Directory } from '../../../stores/directories/index.ts'
import type { PasswordSource } from './external-identity.ts'
import { plainText } from './plain-text.ts'

/** A directory under the name that it has in the configuration. */
export function directorySource(source: string, directory: Directory): PasswordSource {
  return {
    name: source,
    async authenticate(name, password) {
      const entry = await directory.authenticate(name, password)
      if (!entry) return undefined
      const displayName = plainText(entry.displayName)
      const email = plainText(entry.email)
      return {
        source,
        subject: entry.subject,
        name: plainText(entry.name) ?? entry.subject,
        ...(displayName === undefined ? {} : { displayName }),
        ...(email === undefined ? {} : { email }),
        groups: entry.groups.filter(group => plainText(group) !== undefined),
      }
    },
  }
}
