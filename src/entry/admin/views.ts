import {
  type AuditRecord,
  type Credential,
  type Grant,
  type IssuedSecret,
  impliedPermissions,
  type Project,
  type Robot,
  type TrustRuleView,
  type User,
} from '../../features/administration/index.ts'

/** What is shown of each thing: named one by one, so that a new column stays inside until somebody wants it out. */
export function userView({ name, source, displayName, email, systemRole, state, createdAt, signedInAt }: User) {
  return {
    name,
    source,
    displayName,
    email,
    systemRole,
    state,
    createdAt: instant(createdAt),
    signedInAt: instantOrNone(signedInAt),
  }
}

export function tokenView({ id, name, scope, createdAt, expiresAt, usedAt, revokedAt }: Credential) {
  return {
    id,
    name,
    scope,
    createdAt: instant(createdAt),
    expiresAt: instantOrNone(expiresAt),
    usedAt: instantOrNone(usedAt),
    revokedAt: instantOrNone(revokedAt),
  }
}

/** The one place where a secret leaves: the answer to whoever made it. */
export function newTokenView({ credential, secret }: IssuedSecret) {
  return { ...tokenView(credential), token: secret.reveal() }
}

export function projectView({ name, visibility, pushers, network, trashDays, createdAt }: Project) {
  return { name, visibility, pushers, network, trashDays, createdAt: instant(createdAt) }
}

export function memberView({ id, subject, role, repositories, tags, createdAt }: Grant) {
  const permissions = impliedPermissions(role)
  const { kind, name } = subject
  const allowed = permissions ? { permissions } : { role }
  return { id, subject: { kind, name }, ...allowed, repositories, tags, createdAt: instant(createdAt) }
}

export function robotView({ name, description, state, createdAt }: Robot) {
  return { name, description, state, createdAt: instant(createdAt) }
}

export function trustRuleView({ id, name, rule, createdAt }: TrustRuleView) {
  const { issuer, audience, conditions, permissions, repositories, tags, lifetimeSeconds } = rule
  return {
    id,
    name,
    issuer,
    audience,
    conditions,
    permissions,
    repositories,
    tags,
    lifetimeSeconds,
    createdAt: instant(createdAt),
  }
}

/** A record is what was written down, whole: it is the evidence. */
export function auditView({ sequence, id, hash, previousHash, entry: { at, ...entry } }: AuditRecord) {
  return { sequence, id, at: instant(at), ...entry, hash, previousHash }
}

export function instant(ms: number): string {
  return new Date(ms).toISOString()
}

export function instantOrNone(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : instant(ms)
}
