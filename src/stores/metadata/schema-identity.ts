import type { Generated } from 'kysely'

/**
 * Who there is and what they may do. Times are milliseconds since the epoch.
 *
 *   users ──┬─ group_members ─► groups
 *   robots ─┤
 *           ├─ credentials (tokens; only their hashes)
 *           └─ grants ─► projects ◄─ trust_rules, robots, break_glass
 */
export interface IdentitySchema {
  users: {
    id: Generated<number>
    name: string
    /** `local`, or the name of the source that knows the password. */
    source: string
    /** What the source calls the user, for as long as the account is; null for local users. */
    subject: string | null
    display_name: string | null
    email: string | null
    /** PHC string of argon2id; null for users of other sources. */
    password_hash: string | null
    system_role: SystemRole | null
    state: IdentityState
    created_at: number
    signed_in_at: number | null
  }
  groups: { id: Generated<number>; name: string; created_at: number }
  /** `source` says who put the user there: a person (`local`), or the source that tells at each sign-in. */
  group_members: { group_id: number; user_id: number; source: string }
  projects: {
    id: Generated<number>
    name: string
    visibility: Visibility
    pushers: Pushers
    /** JSON of the project's network rules; null when it has none. */
    network: string | null
    /** How long what is deleted lies in the trash; null: as the registry has it. */
    trash_days: number | null
    created_at: number
  }
  /** Roles beside the built-in ones. */
  roles: { name: string; permissions: string; created_at: number }
  grants: {
    id: Generated<number>
    project_id: number
    subject_kind: SubjectKind
    subject_id: number
    role: string
    /** Globs over repository names and tags. */
    repositories: string
    tags: string
    created_at: number
  }
  robots: {
    id: Generated<number>
    /** `project+name`. */
    name: string
    project_id: number
    description: string
    state: IdentityState
    created_at: number
  }
  credentials: {
    /** Public: shown in lists and in the audit log. */
    id: string
    kind: CredentialKind
    owner_kind: 'user' | 'robot'
    owner_id: number
    name: string
    /** SHA-256 of the secret, in hexadecimal; secrets are random, so this cannot be searched. */
    secret_hash: string
    /** JSON: what the credential is restricted to; null when it may do what its owner may. */
    scope: string | null
    created_at: number
    expires_at: number | null
    used_at: number | null
    revoked_at: number | null
  }
  trust_rules: {
    id: string
    project_id: number
    name: string
    /** JSON of the rule. */
    rule: string
    created_at: number
  }
  signing_keys: {
    id: string
    /** JSON Web Key. */
    public_key: string
    /** Sealed; null when the key was retired long ago. */
    private_key: string | null
    created_at: number
    /** From then on nothing is signed with it; what it signed is believed until it is removed. */
    retired_at: number | null
  }
  break_glass: {
    id: string
    project_id: number
    user_id: number
    reason: string
    created_at: number
    ends_at: number
  }
}

export type SystemRole = 'administrator' | 'auditor' | 'project creator'
export type IdentityState = 'active' | 'disabled'
/** Who may pull: members, everybody who is signed in, everybody. */
export type Visibility = 'private' | 'internal' | 'public'
/** Who may push: members whose role allows it, or pipelines only. */
export type Pushers = 'members' | 'pipelines'
export type SubjectKind = 'user' | 'group' | 'robot'
export type CredentialKind = 'personal' | 'robot' | 'refresh' | 'session'
