import { RegistryError } from '../../../oci/index.ts'
import type { Secret } from '../../../platform/secrets/index.ts'

/** Somebody whom another system vouches for. */
export interface ExternalIdentity {
  /** The configured name of the source. */
  readonly source: string
  /** Stable, and unique in the source: what an account is tied to. Never the name, which may be given to another. */
  readonly subject: string
  readonly name: string
  readonly displayName?: string
  readonly email?: string
  readonly groups: readonly string[]
}

/** A source that is asked with a name and a password. */
export interface PasswordSource {
  readonly name: string
  /**
   * Undefined when the name is unknown or the password wrong.
   * @throws Unavailable when the source cannot be asked: nothing is known then, and the next source must not be asked
   * in its place, or an outage would change who somebody is.
   */
  authenticate(name: string, password: Secret): Promise<ExternalIdentity | undefined>
}

/** The source refused; the message is for the person who tried. */
export class SignOnRefused extends RegistryError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('DENIED', message, options)
  }
}
