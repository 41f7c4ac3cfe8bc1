import { createHash } from 'node:crypto'
import { Secret } from '../../platform/secrets/index.ts'
import { type Principal, SignOnRefused } from '../identity/index.ts'
import { noting, signedOn } from './enter.ts'
import type { WaitingCommandLine } from './kept.ts'
import type { Attempt, GivenToken, SignOns, TokenWish } from './sign-ons.ts'

const CODE_MS = 60_000

/** What the browser carries to the command line: worth nothing without what only that knows. */
export function giveCode(
  { kept }: Pick<SignOns, 'kept'>,
  { accountId, name }: Principal,
  { challenge }: WaitingCommandLine,
): Promise<string> {
  if (accountId === undefined) throw new Error(`${name} has no account`)
  return kept.keep('code', { accountId, name, challenge }, CODE_MS)
}

/** A code and what it was asked with, for a token; each code is tried once. @throws SignOnRefused, DENIED, INVALID. */
export async function redeemCode(
  { kept, issueToken }: SignOns,
  { code, verifier, wish }: { readonly code: string; readonly verifier: Secret; readonly wish: TokenWish },
  attempt: Attempt,
): Promise<GivenToken> {
  const found = await kept.take('code', code)
  const proven = new Secret(createHash('sha256').update(verifier.reveal()).digest('base64url'))
  return noting(attempt, async () => {
    if (!found || !proven.equals(new Secret(found.challenge)))
      throw new SignOnRefused('The code is not valid: it counts once, for a minute, and for whoever asked for it.')
    return issueToken(signedOn(found.accountId, found.name), attempt.origin, wish)
  })
}
