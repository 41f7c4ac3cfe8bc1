import type { DistributionOptions } from '../../entry/distribution/index.ts'
import type { ApplicationOptions, Door } from '../../entry/http/index.ts'
import { answerToken, TOKEN_PATHS } from '../../entry/token/index.ts'
import { type Access, authorize, type FindRenamed } from '../../features/access/index.ts'
import type { PullGate } from '../../features/content/index.ts'
import { ANONYMOUS, authenticate, type Signing } from '../../features/identity/index.ts'
import { createLimits } from '../../features/limits/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import type { Outbound } from '../../platform/outbound/index.ts'
import type { Log, Metrics } from '../../platform/telemetry/index.ts'
import type { BlobStore } from '../../stores/blobs/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import { administrationDoor } from '../administration.ts'
import { openRecorder } from '../audit.ts'
import type { Config } from '../config/index.ts'
import { rateLimitsOf } from '../config/limits-settings.ts'
import { type IdentityServices, openIdentity } from '../identity/open-identity.ts'
import { signOnDoor } from '../identity/sign-on.ts'
import { openPullGate } from '../pull-policies.ts'
import { openPullMemory, withPulls } from '../retention.ts'
import { manifestLimits, NO_LIMITS } from './manifest-limits.ts'
import { type RequestRecord, recordRequests } from './record.ts'

/** What stands before every request: who is it, may they, how often, and what is written down of it. */
export interface Gate {
  readonly access: Access
  readonly identify?: NonNullable<ApplicationOptions['identify']>
  readonly doors: readonly Door[]
  readonly mayScrape: ApplicationOptions['probes']['mayScrape']
  readonly record: RequestRecord
  readonly limits: DistributionOptions['limits']
  readonly pullGate: PullGate
  stop(): Promise<void>
}

interface Parts {
  readonly log: Log
  readonly metrics: Metrics
  readonly outbound: Outbound
  readonly blobs: BlobStore
  /** Undefined where nobody signs in. */
  readonly signing: Signing | undefined
}

export async function openGate(
  metadata: Metadata,
  config: Config,
  { log, metrics, outbound, blobs, signing }: Parts,
): Promise<Gate> {
  const recorder = openRecorder(metadata, log, metrics)
  const pulls = openPullMemory(metadata, config, log)
  const record = withPulls(recordRequests(recorder, systemClock, config.audit.pulls === 'manifests'), pulls)
  const limits = createLimits({
    windows: metadata.rateWindows,
    limits: rateLimitsOf(config.rates),
    clock: systemClock,
    fault: error => log.warn({ err: error }, 'requests cannot be counted now, and are not limited'),
  })
  const isLimited = Object.keys(rateLimitsOf(config.rates)).length > 0
  const pullGate = openPullGate(metadata, recorder, metrics)
  const shared = { record, limits: isLimited ? manifestLimits(limits, systemClock) : NO_LIMITS, pullGate }
  if (config.auth === 'none' || !signing) {
    const access: Access = { mode: 'open' }
    const doors = [
      administrationDoor(metadata, config, {
        access,
        authentication: undefined,
        issuers: [],
        limits,
        log,
        outbound,
        blobs,
      }),
    ]
    const stop = async () => void (await Promise.all([limits.close(), recorder.stop(), pulls.stop()]))
    return { ...shared, access, doors, mayScrape: async () => undefined, stop }
  }
  const identity = await openIdentity(metadata, config, { log, refused: record.refused, signing, outbound })
  const entered = closed(identity, record, name => metadata.redirects.find(name))
  return {
    ...shared,
    ...entered,
    doors: [
      ...entered.doors,
      administrationDoor(metadata, config, { ...identity, limits, log, outbound, blobs }),
      signOnDoor(metadata, config, { identity, record, log, limits }),
    ],
    stop: async () => void (await Promise.all([identity.stop(), limits.close(), recorder.stop(), pulls.stop()])),
  }
}

const BEARER = 'Bearer '

/** Whoever comes in says who they are. */
function closed(
  { access, authentication, refreshTokens, signing, byCertificate }: IdentityServices,
  record: RequestRecord,
  findRenamed: FindRenamed,
): Pick<Gate, 'access' | 'identify' | 'doors' | 'mayScrape'> {
  const token = {
    authentication,
    refreshTokens,
    access,
    findRenamed,
    signing,
    observe: ({ origin }: Parameters<Door['answer']>[0]) => record.signIn(origin),
  }
  return {
    access,
    identify({ request, origin, connection }) {
      const authorization = request.headers.get('Authorization')
      if (authorization === null)
        return byCertificate({
          headers: request.headers,
          fromTrustedProxy: connection.fromTrustedProxy(),
          observe: record.signIn(origin),
        }).then(principal => principal ?? ANONYMOUS)
      // The commonest by far: a registry client that comes again.
      const known = authorization.startsWith(BEARER)
        ? authentication.tokens.known(authorization.slice(BEARER.length))
        : undefined
      if (known && known.credential === undefined) return known
      return authenticate(authentication, { authorization, origin, observe: record.signIn(origin) })
    },
    doors: [{ name: 'token', isFor: path => TOKEN_PATHS.has(path), answer: exchange => answerToken(exchange, token) }],
    async mayScrape(principal, origin) {
      await authorize(access, { principal, action: 'see registry', resource: 'registry', origin })
    },
  }
}
