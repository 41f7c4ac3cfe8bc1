import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { Unavailable } from '../../../../platform/outcome/index.ts'
import { SignOnRefused } from '../external-identity.ts'

/** Tells a provider that refused from one that cannot be asked, whichever way the library wrapped it. */
export async function translate<Result>(issuer: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw translated(issuer, error)
  }
}

function translated(issuer: string, error: unknown): unknown {
  if (error instanceof SignOnRefused) return error
  const away = causes(error).find(cause => cause instanceof Unavailable)
  if (away) return away
  if (error instanceof ClientError && (error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT')) {
    return new Unavailable(`${issuer} does not answer.`, { cause: error })
  }
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return new SignOnRefused(`${issuer} refused: ${printable(error.error)}`, { cause: error })
  }
  if (error instanceof ClientError || error instanceof WWWAuthenticateChallengeError) {
    return new SignOnRefused(`What ${issuer} answered is not accepted: ${messages(error)}`, { cause: error })
  }
  return error
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = []
  for (let at = error; at instanceof Error && chain.length < 10; at = at.cause) chain.push(at)
  return chain
}

function messages(error: Error): string {
  return causes(error)
    .map(cause => (cause as Error).message)
    .join(': ')
}

/** Error codes of OAuth hold nothing else (RFC 6749 section 5.2); one that does goes into no log. */
function printable(code: string): string {
  return /^[\x20-\x7e]{1,100}$/.test(code) ? code : 'for a reason that cannot be printed'
}
