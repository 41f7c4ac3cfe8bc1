import { type Access, entryOf } from '../../features/access/index.ts'
import {
  type Authentication,
  IdentityUses,
  PasswordVerifier,
  type RefreshTokens,
  RegistryTokens,
  type Signing,
} from '../../features/identity/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'
import type { RequestRecord } from '../serve/record.ts'

/** `iss` and `aud` of registry tokens: they are believed by whoever has the key, whatever name it is reached by. */
const SERVICE = 'berth'
const DAY_MS = 24 * 3600 * 1000

/** What a server needs to know who is calling and what they may do. */
export interface IdentityServices {
  readonly access: Access
  readonly authentication: Authentication
  readonly refreshTokens: RefreshTokens
  readonly signing: Signing
  stop(): Promise<void>
}

export function openIdentity(
  { identities }: Metadata,
  config: Config,
  { log, refused, signing }: { log: Log; refused: RequestRecord['refused']; signing: Signing },
): IdentityServices {
  const { accessFacts, credentials, signIns, projects } = identities
  const { lifetimeSeconds, refreshDays } = config.tokens
  const uses = new IdentityUses(
    { used: each => credentials.used(each), signedIn: each => signIns.signedIn(each) },
    error => log.warn({ err: error }, 'when tokens and accounts were used last was not written down'),
  )
  return {
    signing,
    access: {
      mode: 'closed',
      facts: accessFacts,
      clock: systemClock,
      networkRefusal: () => undefined,
      async makeProject(name, principal, origin) {
        const now = systemClock()
        const made = { at: now, type: 'project.create', category: 'administration', outcome: 'success' } as const
        const entry = entryOf({ principal, origin, resource: { project: name } }, made)
        const project = { name, visibility: 'private', ownerId: principal.accountId, now } as const
        await projects.create(project, isNew => (isNew ? [entry] : []))
      },
      refused,
    },
    authentication: {
      signIns,
      credentials,
      accounts: accessFacts,
      passwords: new PasswordVerifier(),
      tokens: new RegistryTokens(signing, { service: SERVICE, lifetimeSeconds }, systemClock),
      sources: [],
      identityTokens: async () => undefined,
      throttle: { before: async () => undefined, failed: async () => undefined, succeeded: async () => undefined },
      uses,
      clock: systemClock,
    },
    refreshTokens: { credentials, accounts: accessFacts, lifetimeMs: refreshDays * DAY_MS, clock: systemClock },
    stop: () => uses.stop(),
  }
}
