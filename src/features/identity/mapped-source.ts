import type { SystemRole } from '../../stores/metadata/index.ts'
import {
  type ExternalIdentity,
  type PasswordSource,
  rolesFrom,
  SignOnRefused,
  type SourceRules,
} from './external/index.ts'

/** An external identity, and what the rules of its source make of it: `groups` are Berth's here. */
export interface MappedIdentity extends ExternalIdentity {
  readonly systemRole?: SystemRole
}

/** A source of passwords with its rules. */
export interface MappedSource {
  readonly passwords: PasswordSource
  readonly rules: SourceRules<'administrator' | 'auditor'>
}

/** @throws SignOnRefused for somebody whom the source knows and who may not enter here. */
export function mapped(identity: ExternalIdentity, rules: MappedSource['rules']): MappedIdentity {
  const roles = rolesFrom(rules, identity)
  if (!roles) throw new SignOnRefused(`${identity.source} knows you, but you are in none of the groups that may enter.`)
  return { ...identity, ...roles }
}
