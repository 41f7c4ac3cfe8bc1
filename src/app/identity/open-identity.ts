import { type Access, entryOf } from '../../features/access/index.ts'
import {
  type Authentication,
  CredentialUses,
  PasswordVerifier,
  type RefreshTokens,
  RegistryTokens,
  Signing,
} from '../../features/identity/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import { createSealer } from '../../platform/secrets/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'
import { secretKey } from './secret-key.ts'

/** `iss` and `aud` of registry tokens: they are believed by whoever has the key, whatever name it is reached by. */
const SERVICE = 'berth'
const HOUR_MS = 3600 * 1000
const DAY_MS = 24 * HOUR_MS

/** What a server needs to know who is calling and what they may do. */
export interface IdentityServices {
  readonly access: Access
  readonly authentication: Authentication
  readonly refreshTokens: RefreshTokens
  readonly signing: Signing
  stop(): Promise<void>
}

export async function openIdentity({ identities }: Metadata, config: Config, log: Log): Promise<IdentityServices> {
  const { accessFacts, credentials, signIns, projects, signingKeys } = identities
  const signing = new Signing(signingKeys, createSealer(secretKey(config)), systemClock)
  await signing.rotate()
  const rotation = setInterval(
    () => signing.rotate().catch(error => log.warn({ err: error }, 'the signing key was not looked after')),
    HOUR_MS,
  )
  rotation.unref()
  const { lifetimeSeconds, refreshDays } = config.tokens
  const uses = new CredentialUses(credentials, error =>
    log.warn({ err: error }, 'uses of tokens were not written down'),
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
      refused: () => undefined,
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
      used: (credential, at) => uses.note(credential, at),
      clock: systemClock,
    },
    refreshTokens: { credentials, accounts: accessFacts, lifetimeMs: refreshDays * DAY_MS, clock: systemClock },
    async stop() {
      clearInterval(rotation)
      await uses.stop()
    },
  }
}
