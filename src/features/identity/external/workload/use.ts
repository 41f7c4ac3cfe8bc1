import { TokenRefused, type VerifiedToken } from './verify.ts'

/** Remembers which tokens were used, for all replicas, as long as they would be accepted. */
export interface UsedTokens {
  /** True for the first who asks, false for everybody after. */
  useOnce(issuer: string, tokenId: string, expiresAt: number): Promise<boolean>
}

/** A token may still be accepted for a moment after it expired. */
const SKEW_MS = 60_000

/** Notes that the token was used; last of all checks, so that a refusal uses nothing up. @throws TokenRefused. */
export async function useToken({ issuer, id, expiresAt }: VerifiedToken, used: UsedTokens): Promise<void> {
  if (!issuer.singleUse) return
  if (!(await used.useOnce(issuer.issuer, id, expiresAt + SKEW_MS))) {
    throw new TokenRefused('The token was used before, and counts once.')
  }
}
