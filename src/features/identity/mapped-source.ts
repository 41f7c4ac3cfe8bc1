import type { Secret } from '../../platform/secrets/index.ts'
import type { SystemRole } from '../../stores/metadata/index.ts'
import type { ExternalIdentity } from './external/index.ts'

/** An external identity, and what the rules of its source make of it: `groups` are Berth's here. */
export interface MappedIdentity extends ExternalIdentity {
  readonly systemRole?: SystemRole
}

/** A source of passwords behind its rules. */
export interface MappedSource {
  readonly name: string
  /** As of PasswordSource. */
  authenticate(name: string, password: Secret): Promise<MappedIdentity | undefined>
}
