import type { CredentialScope } from '../../stores/metadata/index.ts'

export type PrincipalKind = 'user' | 'robot' | 'pipeline' | 'anonymous' | 'system'
export type AuthenticatedBy = 'password' | 'token' | 'identity token' | 'certificate' | 'OpenID Connect' | 'nothing'

/** What a registry token was asked for: the grammar of Docker's token scopes. */
export interface TokenAccess {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Who is calling, and how that was proven. */
export interface Principal {
  readonly kind: PrincipalKind
  /** Unique, and never given to anybody else: `user:7`. */
  readonly id: string
  /** The id of the account in its table; absent for whoever has none. */
  readonly accountId?: number
  /** As people know it: unique too, and shown in logs. */
  readonly name: string
  readonly authenticatedBy: AuthenticatedBy
  /** Public id of the token that was used. */
  readonly credential?: string
  /** What that token is restricted to. */
  readonly scope?: readonly CredentialScope[]
  /** What a registry token was issued for; absent when the caller came with the credential itself. */
  readonly access?: readonly TokenAccess[]
  /** Of a pipeline: the rules that trust it, and what its identity token says of it. */
  readonly rules?: readonly string[]
  readonly claims?: Readonly<Record<string, string>>
  /** When this proof ends, in milliseconds since the epoch, and all that is issued for it; absent: when it is taken back. */
  readonly until?: number
}

/** Whoever calls without saying who. */
export const ANONYMOUS: Principal = {
  kind: 'anonymous',
  id: 'anonymous',
  name: 'anonymous',
  authenticatedBy: 'nothing',
}

/** Berth itself, when nobody asked: scheduled work and administration at the machine. */
export const SYSTEM: Principal = { kind: 'system', id: 'system', name: 'system', authenticatedBy: 'nothing' }

export function userPrincipal(accountId: number, name: string): Principal {
  return { kind: 'user', id: `user:${accountId}`, accountId, name, authenticatedBy: 'password' }
}

/** Under which name the principal's requests are counted; undefined for those whom only their address tells apart. */
export function countedAs({ kind, name }: Principal): string | undefined {
  if (kind === 'anonymous') return undefined
  // An issuer calls its pipelines what it likes, and a user may have the same name.
  return kind === 'pipeline' ? `pipeline ${name}` : name
}
