import type { Door } from '../../entry/http/index.ts'
import { answerSignOn, isSignOnPath } from '../../entry/sign-on/index.ts'
import { authorize } from '../../features/access/index.ts'
import { createOwnToken } from '../../features/administration/index.ts'
import { createQuota } from '../../features/limits/index.ts'
import { createKept, type IssueToken, type SignOns } from '../../features/sign-on/index.ts'
import { systemClock } from '../../platform/clock/index.ts'
import { createSealer } from '../../platform/secrets/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import { type AdministrationWay, composeAdministration } from '../administration.ts'
import type { Config } from '../config/index.ts'
import type { RequestRecord } from '../serve/record.ts'
import type { IdentityServices } from './open-identity.ts'
import { secretKey } from './secret-key.ts'

/** RFC 8628 has a device ask every five seconds. */
const POLLS = { count: 20, windowSeconds: 60 }

/** The way in below /sign-on. */
export function signOnDoor(
  metadata: Metadata,
  config: Config,
  {
    identity,
    record,
    log,
    limits,
  }: {
    identity: IdentityServices
    record: Pick<RequestRecord, 'signIn'>
    log: Log
    limits: AdministrationWay['limits']
  },
): Door {
  const { authentication, signOns: places } = identity
  const signOns: SignOns = {
    places,
    kept: createKept(metadata.pendingSignOns, createSealer(secretKey(config)), systemClock),
    signIns: authentication.signIns,
    accounts: authentication.accounts,
    issueToken: issueOwnToken(metadata, config, { ...identity, limits }),
    polls: createQuota(POLLS, systemClock),
    complain: (source, error) => log.warn({ err: error, source }, 'a provider of sign-ons cannot be asked'),
    clock: systemClock,
  }
  const requests = createQuota(config.rates.signOns, systemClock)
  const options = { signOns, requests, observe: ({ origin }: Parameters<Door['answer']>[0]) => record.signIn(origin) }
  return { name: 'sign-on', isFor: isSignOnPath, answer: exchange => answerSignOn(exchange, options) }
}

/** As whoever signed on would make it themselves, and audited like that. */
function issueOwnToken(metadata: Metadata, config: Config, way: AdministrationWay): IssueToken {
  const administration = composeAdministration(metadata, config, way)
  return async (principal, origin, wish) => {
    const asking = { principal, action: 'manage own account', resource: 'registry', origin } as const
    const permit = await authorize(way.access, asking)
    const { credential, secret } = await createOwnToken(administration, permit, wish)
    const { id, createdAt, expiresAt = createdAt + administration.longestTokenMs } = credential
    return { id, secret, name: principal.name, expiresAt }
  }
}
