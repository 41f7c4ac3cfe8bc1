import { excessError } from '../../features/content/index.ts'
import { type Challenge, Unauthenticated } from '../../features/identity/index.ts'
import { RegistryError } from '../../oci/index.ts'
import { Moved, OutcomeUnknown, OverQuota, Unavailable } from '../../platform/outcome/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'

/** How errors look at one of the ways in. */
export interface ErrorShape {
  readonly contentType: string
  bodyOf(error: RegistryError, requestId: string): object
  /** Told to whoever is not known, beside where a token can be had. */
  readonly challenge?: string
}

/** spec.md#error-codes */
const SPECIFIED: ErrorShape = {
  contentType: 'application/json',
  bodyOf: ({ code, message, detail }) => ({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] }),
}

/** The one place where an error becomes an answer: in the specification's shape, unless its door has another. */
export function errorResponse(
  error: unknown,
  {
    method,
    requestId,
    log,
    publicUrl,
    shape = SPECIFIED,
  }: { method: string; requestId: string; log: Log; publicUrl: () => string; shape?: ErrorShape | undefined },
): Response {
  const known =
    error instanceof RegistryError
      ? error
      : (overQuota(error) ?? moved(error) ?? brokenOff(error, requestId, log) ?? unexpected(error, requestId, log))
  const headers = new Headers({ 'Content-Type': shape.contentType, ...known.headers })
  if (known instanceof Unauthenticated) {
    headers.append('WWW-Authenticate', challengeOf(known.challenge, publicUrl()))
    if (shape.challenge !== undefined) headers.append('WWW-Authenticate', shape.challenge)
  }
  const body = method === 'HEAD' ? null : `${JSON.stringify(shape.bodyOf(known, requestId))}\n`
  return new Response(body, { status: known.status, headers })
}

/** Where a token can be had and for what (https://distribution.github.io/distribution/spec/auth/token/). */
function challengeOf({ scope, error }: Challenge, publicUrl: string): string {
  const parameters = [
    ['realm', `${publicUrl}/token`],
    ['service', new URL(publicUrl).host],
    ['scope', scope],
    ['error', error],
  ].filter(([, value]) => value !== undefined)
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(',')}`
}

/** Whatever adds to a project may find it full, pushes and what brings back or moves what is there. */
function overQuota(error: unknown): RegistryError | undefined {
  return error instanceof OverQuota ? excessError(error.excess) : undefined
}

/** As long as it is being moved, and for good where it was: told to everybody, and no fault of anything here. */
function moved(error: unknown): RegistryError | undefined {
  if (!(error instanceof Moved)) return undefined
  return new RegistryError('UNAVAILABLE', error.message, { headers: { 'Retry-After': '10' } })
}

/** The client went away: nobody reads the answer, and nothing here is wrong. */
function brokenOff(error: unknown, requestId: string, log: Log): RegistryError | undefined {
  if (!(error instanceof Error && error.name === 'AbortError')) return undefined
  log.debug({ requestId }, 'the client broke off')
  return new RegistryError('UNKNOWN', 'The connection ended before the body did.', { status: 400 })
}

/** A full or read-only disk is the operator's to mend, so the client is told to come back; the rest is a bug. */
function unexpected(error: unknown, requestId: string, log: Log): RegistryError {
  log.error({ err: error, requestId }, 'the request failed')
  if (error instanceof Unavailable || error instanceof OutcomeUnknown) {
    return new RegistryError(
      'UNAVAILABLE',
      `A part of the registry cannot be reached now; try again. Request ${requestId}.`,
      {
        headers: { 'Retry-After': '1' },
      },
    )
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(code)) {
    return new RegistryError('UNAVAILABLE', `The registry's disk is full; nothing was stored. Request ${requestId}.`, {
      status: 507,
    })
  }
  if (/^(EROFS|EACCES|EPERM|SQLITE_READONLY|SQLITE_IOERR|SQLITE_CANTOPEN|EIO)/.test(code)) {
    return new RegistryError(
      'UNAVAILABLE',
      `The registry cannot write to its disk; nothing was stored. Request ${requestId}.`,
    )
  }
  if (/^SQLITE_BUSY/.test(code)) {
    return new RegistryError('UNAVAILABLE', `The registry's database is busy; try again. Request ${requestId}.`, {
      headers: { 'Retry-After': '1' },
    })
  }
  return new RegistryError('UNKNOWN', `The registry failed on this request; its log has the reason under ${requestId}.`)
}
