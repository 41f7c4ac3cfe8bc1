import { RegistryError } from '../../oci/index.ts'
import type { LimitName, LimitVerdict } from './rate-limits.ts'

/**
 * As Docker Hub says it on GET and HEAD of a manifest (https://docs.docker.com/docker-hub/usage/pulls/), which clients
 * and exporters read: `ratelimit-limit: 100;w=21600`.
 */
export function limitHeaders(verdict: LimitVerdict): Readonly<Record<string, string>> {
  const { limit, windowSeconds, remaining, source } = verdict
  return {
    'ratelimit-limit': `${limit};w=${windowSeconds}`,
    'ratelimit-remaining': `${remaining};w=${windowSeconds}`,
    'docker-ratelimit-source': source.replace(/[^\x21-\x7e]/g, '?'),
  }
}

/**
 * The answer to whoever met a limit: which one, whom it counts, when it ends.
 * @param now milliseconds since the epoch.
 */
export function tooManyRequests(verdict: LimitVerdict, now: number): RegistryError {
  const { which, source, limit, windowSeconds, retryAfterSeconds } = verdict
  const endsAt = new Date(now + retryAfterSeconds * 1000).toISOString()
  const hint = which === 'anonymousPulls' ? ' Whoever signs in is counted apart.' : ''
  return new RegistryError(
    'TOOMANYREQUESTS',
    `The limit of ${limit} ${NOUNS[which]} in ${inWords(windowSeconds)} was reached for ${source} (${which}). It ends in ${inWords(retryAfterSeconds)}, at ${endsAt}.${hint}`,
    {
      headers: { ...limitHeaders(verdict), 'Retry-After': String(retryAfterSeconds) },
      detail: { which, source, limit, windowSeconds, retryAfterSeconds, endsAt },
    },
  )
}

const NOUNS: Readonly<Record<LimitName, string>> = {
  anonymousPulls: 'pulls without signing in',
  identityPulls: 'pulls by one identity',
  addressPulls: 'pulls from one address',
  projectPulls: 'pulls of one project',
  pushes: 'pushes',
}

export function inWords(seconds: number): string {
  for (const [length, word] of [
    [3600, 'hour'],
    [60, 'minute'],
  ] as const) {
    if (seconds >= length && seconds % length === 0) return plural(seconds / length, word)
  }
  return plural(seconds, 'second')
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
