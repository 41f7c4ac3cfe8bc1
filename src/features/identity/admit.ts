import type { SignIns } from '../../stores/metadata/index.ts'
import {
  type ExternalIdentity,
  type PasswordSource,
  rolesFrom,
  SignOnRefused,
  type SourceRules,
} from './external/index.ts'
import { isForeignName } from './names.ts'
import { type Principal, userPrincipal } from './principal.ts'
import { Unauthenticated } from './unauthenticated.ts'

/** A source of passwords with its rules. */
export interface MappedSource {
  readonly passwords: PasswordSource
  readonly rules: SourceRules<'administrator' | 'auditor'>
}

/**
 * Somebody whom another source vouches for, as the user they are here.
 * @throws SignOnRefused for whoever may not enter: what the source gave them before is taken away; Unauthenticated when
 * the name is somebody else's.
 */
export async function admit(
  signIns: Pick<SignIns, 'external' | 'exclude'>,
  { identity, rules }: { readonly identity: ExternalIdentity; readonly rules: MappedSource['rules'] },
  now: number,
): Promise<Principal> {
  const { source, subject, displayName, email } = identity
  // Directories take names in any case, and "Ada" must not be somebody else than "ada".
  const name = identity.name.toLowerCase()
  const roles = rolesFrom(rules, identity)
  if (!roles) {
    await signIns.exclude({ source, subject })
    throw new SignOnRefused(`${source} knows you, but you are in none of the groups that may enter.`)
  }
  if (!isForeignName(name)) throw new SignOnRefused(`${source} knows you as ${name}, which is nobody's name here.`)
  const { groups, systemRole } = roles
  const user = await signIns.external({ source, subject, name, displayName, email, groups, systemRole, now })
  if (user === 'name taken') throw nameTaken(name, source)
  return userPrincipal(user.id, user.name)
}

function nameTaken(name: string, source: string): Unauthenticated {
  return new Unauthenticated(
    `${source} knows you as ${name}, and that name belongs to an account of another source here: ask an administrator.`,
  )
}
