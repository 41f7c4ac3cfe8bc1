import type { Secret } from '../../platform/secrets/index.ts'
import type { SystemRole } from '../../stores/metadata/index.ts'

/** Somebody whom another source knows, after proving to be it. */
export interface ExternalIdentity {
  /** The source's name. */
  readonly source: string
  /** Stable, and unique in the source. */
  readonly subject: string
  readonly name: string
  readonly displayName?: string
  readonly email?: string
  readonly groups: readonly string[]
}

/** An external identity, and what the source's rules make of it. */
export interface MappedIdentity extends ExternalIdentity {
  readonly systemRole?: SystemRole
}

/** A directory that can tell whether a password is right. */
export interface PasswordSource {
  readonly name: string
  /** Undefined: nobody of that name, or not that password. @throws when the source cannot be asked now. */
  authenticate(name: string, password: Secret): Promise<MappedIdentity | undefined>
}
