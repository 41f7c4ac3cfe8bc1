import type { Secret } from '../../platform/secrets/index.ts'
import type {
  AuditDetail,
  Credential,
  CredentialOwner,
  CredentialScope,
  Identities,
  NewCredential,
} from '../../stores/metadata/index.ts'
import { type Action, conflict, done, invalid, notFound, type Permit } from '../access/index.ts'
import { hashOf, newSecretToken, randomText } from '../identity/index.ts'
import type { Administration } from './administration.ts'

const DAY_MS = 24 * 3600 * 1000
/** So that a list of them fits an answer, and nobody fills the table. */
const MOST_LIVE = 100
const LONGEST_OVERLAP_SECONDS = 7 * 24 * 3600

export interface TokenInput {
  readonly name: string
  /** How long it is valid; fractions are taken. */
  readonly lifetimeDays: number
  /** Undefined: whatever the owner may do. */
  readonly scope?: readonly CredentialScope[] | undefined
}

export interface RotationInput {
  /** How long the old secret goes on beside the new one. */
  readonly overlapSeconds: number
  /** As long as the old one was made for, when undefined. */
  readonly lifetimeDays?: number | undefined
}

/** The secret is nowhere else: whoever gets this shows it once. */
export interface IssuedSecret {
  readonly credential: Credential
  readonly secret: Secret
}

/** @param latest when it ends at the latest, whatever is asked. @throws INVALID. */
export function newToken(
  { longestTokenMs, clock }: Pick<Administration, 'longestTokenMs' | 'clock'>,
  kind: 'personal' | 'robot',
  { name, lifetimeDays, scope }: TokenInput,
  latest = Number.POSITIVE_INFINITY,
): { readonly token: Omit<NewCredential, 'owner'>; readonly secret: Secret } {
  const lifetimeMs = Math.round(lifetimeDays * DAY_MS)
  if (!(lifetimeMs > 0 && lifetimeMs <= longestTokenMs))
    throw invalid({
      field: 'lifetimeDays',
      message: `expected more than 0 and at most ${longestTokenMs / DAY_MS} days (tokens.longestDays)`,
    })
  const createdAt = clock()
  const expiresAt = createdAt + lifetimeMs
  if (expiresAt > latest)
    throw invalid({
      field: 'lifetimeDays',
      message: `the token you came with ends on ${new Date(latest).toISOString()}, and one made with it ends no later: come with your password`,
    })
  const secret = newSecretToken(kind)
  const token = {
    id: randomText(12),
    kind,
    name,
    secretHash: hashOf(secret.reveal()),
    scope,
    createdAt,
    expiresAt,
  }
  return { token, secret }
}

/** @throws INVALID, CONFLICT when the owner has too many. */
export async function issueToken(
  administration: Administration,
  permit: Permit<Action>,
  owner: CredentialOwner,
  input: TokenInput,
  latest?: number,
): Promise<IssuedSecret> {
  const { credentials } = administration.identities
  const { token, secret } = newToken(administration, kindOf(owner), input, latest)
  const live = (await credentials.list(owner)).filter(each => isLive(each, token.createdAt))
  if (live.length >= MOST_LIVE) throw conflict(`There are ${MOST_LIVE} valid tokens already: revoke some first.`)
  const entry = { type: 'token.create', at: token.createdAt, kind: 'token', id: token.id, detail: detailOf(token) }
  await credentials.create({ ...token, owner }, () => [done(permit, entry)])
  return { credential: shown({ ...token, owner }), secret }
}

/** @throws NOT_FOUND for a token of another owner, or one that ended; INVALID. */
export async function rotateToken(
  administration: Administration,
  permit: Permit<Action>,
  { owner, id }: { readonly owner: CredentialOwner; readonly id: string },
  { overlapSeconds, lifetimeDays }: RotationInput,
  latest?: number,
): Promise<IssuedSecret> {
  if (!(overlapSeconds >= 0 && overlapSeconds <= LONGEST_OVERLAP_SECONDS))
    throw invalid({ field: 'overlapSeconds', message: `expected 0 to ${LONGEST_OVERLAP_SECONDS}` })
  const { identities, longestTokenMs } = administration
  const old = await tokenOf(identities, owner, id)
  const lived = ((old.expiresAt ?? old.createdAt + longestTokenMs) - old.createdAt) / DAY_MS
  const input = { name: old.name, scope: old.scope, lifetimeDays: lifetimeDays ?? lived }
  const { token, secret } = newToken(administration, kindOf(owner), input, latest)
  const now = token.createdAt
  const detail = { ...detailOf(token), replaces: id, overlapSeconds }
  const entry = { type: 'token.rotate', at: now, kind: 'token', id: token.id, detail }
  const rotated = await identities.credentialRotation.rotate(
    { id, replacement: { ...token, owner }, oldExpiresAt: now + overlapSeconds * 1000, now },
    isDone => (isDone ? [done(permit, entry)] : []),
  )
  if (!rotated) throw notFound(`valid token ${id}`)
  return { credential: shown({ ...token, owner }), secret }
}

/** @throws NOT_FOUND for a token of another owner, or one that was revoked. */
export async function revokeToken(
  { identities, clock }: Administration,
  permit: Permit<Action>,
  { owner, id }: { readonly owner: CredentialOwner; readonly id: string },
): Promise<void> {
  const { name } = await tokenOf(identities, owner, id)
  const now = clock()
  const entry = { type: 'token.revoke', at: now, kind: 'token', id, detail: { name } }
  const revoked = await identities.credentials.revoke({ id, owner, now }, isDone =>
    isDone ? [done(permit, entry)] : [],
  )
  if (!revoked) throw notFound(`valid token ${id}`)
}

/** The token as it is stored, but only one of this owner's. */
async function tokenOf({ credentials }: Pick<Identities, 'credentials'>, owner: CredentialOwner, id: string) {
  const found = await credentials.byId(id)
  const isTheirs = found?.owner.kind === owner.kind && found.owner.id === owner.id && found.kind === kindOf(owner)
  if (!found || !isTheirs) throw notFound(`token ${id}`)
  return found
}

function kindOf({ kind }: CredentialOwner): 'personal' | 'robot' {
  return kind === 'user' ? 'personal' : 'robot'
}

function isLive({ revokedAt, expiresAt }: Credential, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now)
}

function shown({ secretHash: _, ...credential }: NewCredential): Credential {
  return { ...credential, usedAt: undefined, revokedAt: undefined }
}

export function detailOf({ name, expiresAt, scope }: Pick<NewCredential, 'name' | 'expiresAt' | 'scope'>): AuditDetail {
  return {
    name,
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    ...(scope ? { scope: JSON.stringify(scope) } : {}),
  }
}
