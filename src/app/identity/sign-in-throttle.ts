import type { SignInThrottle } from '../../features/identity/index.ts'
import { attemptSignIn, createSignInThrottle } from '../../features/limits/index.ts'
import { RegistryError } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { Metadata } from '../../stores/metadata/index.ts'
import type { Config } from '../config/index.ts'

export function signInThrottle({ signInRecords }: Metadata, { rates }: Config, clock: Clock): SignInThrottle {
  const throttle = createSignInThrottle(signInRecords, rates.signInFailures, clock)
  return async (attempt, check) => {
    const { verdict, result } = await attemptSignIn(throttle, attempt, check)
    if (verdict.allowed) return result
    throw new RegistryError('TOOMANYREQUESTS', verdict.reason, {
      headers: { 'Retry-After': String(verdict.retryAfterSeconds) },
      detail: { which: verdict.which, retryAfterSeconds: verdict.retryAfterSeconds },
    })
  }
}
