import { type Access, entryOf, type Origin } from '../../features/access/index.ts'
import {
  type Authentication,
  certificateSignIns,
  IdentityUses,
  issuerKeys,
  PasswordVerifier,
  type Principal,
  parseProjectName,
  pipelineTokens,
  type RefreshTokens,
  RegistryTokens,
  type ShownCertificate,
  type Signing,
  type TrustedIssuer,
} from '../../features/identity/index.ts'
import type { SignOnPlace } from '../../features/sign-on/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import type { Outbound } from '../../platform/outbound/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'
import { openIdentitySources } from '../identity-sources.ts'
import type { RequestRecord } from '../serve/record.ts'
import { networkRefusals } from './network-refusal.ts'
import { signInThrottle } from './sign-in-throttle.ts'

/** `iss` and `aud` of registry tokens: they are believed by whoever has the key, whatever name it is reached by. */
export const TOKEN_SERVICE = 'berth'
const DAY_MS = 24 * 3600 * 1000

/** What a server needs to know who is calling and what they may do. */
export interface IdentityServices {
  readonly access: Access
  readonly authentication: Authentication
  readonly refreshTokens: RefreshTokens
  readonly signing: Signing
  readonly issuers: readonly TrustedIssuer[]
  readonly signOns: readonly SignOnPlace[]
  /** Whoever a trusted proxy says showed a certificate; undefined when nobody did. @throws Unauthenticated. */
  readonly byCertificate: (shown: ShownCertificate) => Promise<Principal | undefined>
  stop(): Promise<void>
}

interface Parts {
  readonly log: Log
  readonly refused: RequestRecord['refused']
  readonly signing: Signing
  readonly outbound: Outbound
}

export async function openIdentity(
  metadata: Metadata,
  config: Config,
  { log, refused, signing, outbound }: Parts,
): Promise<IdentityServices> {
  const { accessFacts, credentials, signIns, trustRules } = metadata.identities
  const { lifetimeSeconds, refreshDays } = config.tokens
  const uses = new IdentityUses(
    { used: each => credentials.used(each), signedIn: each => signIns.signedIn(each) },
    error => log.warn({ err: error }, 'when tokens and accounts were used last was not written down'),
  )
  const sources = await openIdentitySources(config.identity, {
    outbound,
    clock: systemClock,
    complain: complaint => log.warn({ complaint }, 'a line of the password file lets nobody in'),
  })
  const rulesOf = (source: string) => sources.rules.get(source) ?? { groups: [], systemRoles: [] }
  const clock = systemClock
  const { certificates } = sources
  const byCertificate = certificates
    ? certificateSignIns({ settings: certificates, rules: rulesOf(certificates.source.name), signIns, clock })
    : async () => undefined
  return {
    signing,
    issuers: sources.issuers,
    signOns: sources.signOns.map(source => ({
      title: config.identity.oidc.find(({ name }) => name === source.name)?.title ?? source.name,
      source,
      rules: rulesOf(source.name),
    })),
    access: {
      mode: 'closed',
      facts: accessFacts,
      clock,
      networkRefusal: networkRefusals(config),
      makeProject: (name, principal, origin) => makeProject(metadata, name, principal, origin),
      refused,
    },
    authentication: {
      signIns,
      credentials,
      accounts: accessFacts,
      passwords: new PasswordVerifier(),
      tokens: new RegistryTokens(signing, { service: TOKEN_SERVICE, lifetimeSeconds }, clock),
      sources: sources.passwords.map(passwords => ({ passwords, rules: rulesOf(passwords.name) })),
      identityTokens: pipelineTokens({
        issuers: sources.issuers,
        keys: issuerKeys(outbound, clock),
        used: metadata.usedTokens,
        rules: trustRules,
        clock,
      }),
      throttle: signInThrottle(metadata, config, clock),
      uses,
      renamedProject: name => metadata.redirects.findProject(name),
      clock,
    },
    refreshTokens: { credentials, accounts: accessFacts, lifetimeMs: refreshDays * DAY_MS, clock },
    byCertificate,
    stop: () => uses.stop(),
  }
}

async function makeProject({ identities }: Metadata, name: string, principal: Principal, origin: Origin) {
  const now = systemClock()
  const made = { at: now, type: 'project.create', category: 'administration', outcome: 'success' } as const
  const entry = entryOf({ principal, origin, resource: { project: name } }, made)
  const visibility = 'private' as const
  const project = { name: parseProjectName(name), visibility, ownerId: principal.accountId, now }
  await identities.projects.create(project, isNew => (isNew ? [entry] : []))
}
