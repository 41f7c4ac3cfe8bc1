import { customerOf } from '../../platform/addresses/index.ts'
import type { Asker, LimitName, RateLimit, RateLimits } from './rate-limits.ts'

/** A limit that counts this asker, and the bucket it is counted in. */
export interface ApplicableLimit {
  readonly which: LimitName
  readonly source: string
  readonly bucket: string
  readonly limit: RateLimit
}

export function pullLimitsOf(limits: RateLimits, { identity, address, project }: Asker): readonly ApplicableLimit[] {
  const customer = customerOf(address) ?? 'unknown'
  return [
    identity === undefined
      ? limitOf('anonymousPulls', customer, limits.anonymousPulls)
      : limitOf('identityPulls', identity, limits.identityPulls),
    limitOf('addressPulls', customer, limits.addressPulls),
    project && limitOf('projectPulls', project.name, project.pulls ?? limits.projectPulls),
  ].filter(limit => limit !== undefined)
}

export function pushLimitsOf(limits: RateLimits, { identity, address }: Asker): readonly ApplicableLimit[] {
  const source = identity ?? customerOf(address) ?? 'unknown'
  const limit = limitOf('pushes', source, limits.pushes, identity === undefined ? 'by address' : 'by identity')
  return limit ? [limit] : []
}

function limitOf(
  which: LimitName,
  source: string,
  limit: RateLimit | undefined,
  kind = '',
): ApplicableLimit | undefined {
  return limit && { which, source, limit, bucket: `${which}${kind && ` ${kind}`}: ${source}` }
}
