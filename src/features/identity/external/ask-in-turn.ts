import type { Secret } from '../../../platform/secrets/index.ts'
import type { ExternalIdentity, PasswordSource } from './external-identity.ts'

/**
 * Who this is, by the first source that knows the name and the password.
 * @throws Unavailable from a source that cannot be asked: whoever has the same name further on is not taken for them.
 */
export async function askInTurn(
  sources: readonly PasswordSource[],
  name: string,
  password: Secret,
): Promise<ExternalIdentity | undefined> {
  for (const source of sources) {
    const identity = await source.authenticate(name, password)
    if (identity) return identity
  }
  return undefined
}
