import { RegistryError } from '../../oci/index.ts'
import { type Principal, SignOnRefused } from '../identity/index.ts'
import { askingProvider, enter, noting, placeOf } from './enter.ts'
import type { Keepsakes, WaitingCommandLine } from './kept.ts'
import type { Attempt, SignOns } from './sign-ons.ts'

/** How long somebody may take at the provider. */
export const SIGN_ON_SECONDS = 600

/**
 * Sends a browser to the provider.
 * @param redirectUri where the provider sends it back to, without a query.
 * @returns `key`, for that browser alone. @throws NOT_FOUND, SignOnRefused, UNAVAILABLE.
 */
export async function beginSignOn(
  signOns: SignOns,
  name: string,
  { redirectUri, commandLine }: { readonly redirectUri: string; readonly commandLine?: WaitingCommandLine | undefined },
): Promise<{ readonly url: string; readonly key: string }> {
  const place = placeOf(signOns, name)
  const { url, pending } = await askingProvider(signOns, place, () => place.source.begin(redirectUri))
  const keepsake = { signOn: pending, ...(commandLine ? { commandLine } : {}) }
  return { url, key: await signOns.kept.keep('callback', keepsake, SIGN_ON_SECONDS * 1000) }
}

/** How a sign-on ended, and who waits to be told. */
export type SignOnResult = { readonly commandLine?: WaitingCommandLine | undefined } & (
  | { readonly outcome: 'signed on'; readonly principal: Principal }
  | { readonly outcome: 'refused'; readonly error: RegistryError }
)

/** Takes the browser back. Each sign-on comes back once, to the browser that began it. @throws NOT_FOUND, SignOnRefused. */
export async function finishSignOn(
  signOns: SignOns,
  name: string,
  { key, callbackUrl, ...attempt }: Attempt & { readonly key: string | undefined; readonly callbackUrl: string },
): Promise<SignOnResult> {
  placeOf(signOns, name)
  const kept = key === undefined ? undefined : await signOns.kept.take('callback', key)
  return noting(attempt, async () => {
    if (!kept)
      throw new SignOnRefused('This sign-on was not begun in this browser, has ended or took too long: begin anew.')
    const { commandLine } = kept
    try {
      return {
        outcome: 'signed on',
        principal: await comeBack(signOns, name, { kept, callbackUrl, attempt }),
        commandLine,
      }
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      return { outcome: 'refused', error, commandLine }
    }
  })
}

async function comeBack(
  signOns: SignOns,
  name: string,
  { kept, callbackUrl, attempt }: { kept: Keepsakes['callback']; callbackUrl: string; attempt: Attempt },
): Promise<Principal> {
  const place = placeOf(signOns, name)
  const identity = await noting(attempt, () =>
    askingProvider(signOns, place, () => place.source.finish(callbackUrl, kept.signOn)),
  )
  return enter(signOns, place, identity, attempt)
}
