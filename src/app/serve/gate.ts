import type { ApplicationOptions, Door } from '../../entry/http/index.ts'
import { answerToken, TOKEN_PATHS } from '../../entry/token/index.ts'
import { type Access, authorize } from '../../features/access/index.ts'
import { authenticate, type Signing } from '../../features/identity/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import { openRecorder } from '../audit.ts'
import type { Config } from '../config/index.ts'
import { type IdentityServices, openIdentity } from '../identity/open-identity.ts'
import { type RequestRecord, recordRequests } from './record.ts'

/** What stands before every request: who is it, may they, and what is written down of it. */
export interface Gate {
  readonly access: Access
  readonly identify?: NonNullable<ApplicationOptions['identify']>
  readonly doors: readonly Door[]
  readonly mayScrape: ApplicationOptions['probes']['mayScrape']
  readonly record: RequestRecord
  stop(): Promise<void>
}

/** @param signing undefined where nobody signs in. */
export function openGate(metadata: Metadata, config: Config, log: Log, signing: Signing | undefined): Gate {
  const recorder = openRecorder(metadata, log)
  const record = recordRequests(recorder, systemClock, true)
  if (config.auth === 'none' || !signing) {
    const access: Access = { mode: 'open' }
    return { access, doors: [], mayScrape: async () => undefined, record, stop: () => recorder.stop() }
  }
  const identity = openIdentity(metadata, config, { log, refused: record.refused, signing })
  return {
    ...closed(identity, record),
    record,
    async stop() {
      await identity.stop()
      await recorder.stop()
    },
  }
}

/** Whoever comes in says who they are. */
function closed(
  { access, authentication, refreshTokens, signing }: IdentityServices,
  record: RequestRecord,
): Pick<Gate, 'access' | 'identify' | 'doors' | 'mayScrape'> {
  const token = {
    authentication,
    refreshTokens,
    access,
    signing,
    observe: ({ origin }: Parameters<Door['answer']>[0]) => record.signIn(origin),
  }
  return {
    access,
    identify: ({ request, origin }) =>
      authenticate(authentication, {
        authorization: request.headers.get('Authorization'),
        address: origin.address,
        observe: record.signIn(origin),
      }),
    doors: [{ name: 'token', isFor: path => TOKEN_PATHS.has(path), answer: exchange => answerToken(exchange, token) }],
    async mayScrape(principal, origin) {
      await authorize(access, { principal, action: 'see registry', resource: 'registry', origin })
    },
  }
}
