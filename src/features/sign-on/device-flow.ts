import { RegistryError } from '../../oci/index.ts'
import { type DeviceInvitation, SignOnRefused } from '../identity/index.ts'
import { askingProvider, enter, noting, placeOf } from './enter.ts'
import type { Attempt, GivenToken, SignOns, TokenWish } from './sign-ons.ts'

/** RFC 8628, section 3.1. @returns `key`, for that device alone. @throws NOT_FOUND, SignOnRefused, UNAVAILABLE. */
export async function beginDevice(
  signOns: SignOns,
  name: string,
  attempt: Attempt,
): Promise<{ readonly invitation: DeviceInvitation; readonly key: string }> {
  const place = placeOf(signOns, name)
  const { invitation, pending } = await noting(attempt, () =>
    askingProvider(signOns, place, () => place.source.beginDevice()),
  )
  const key = await signOns.kept.keep('device', pending, invitation.expiresInSeconds * 1000)
  return { invitation, key }
}

export type DeviceAnswer =
  /** Nobody confirmed it yet. */
  | { readonly outcome: 'pending'; readonly slower: boolean }
  | { readonly outcome: 'signed on'; readonly token: GivenToken }

/** @throws SignOnRefused when it will never be, TOOMANYREQUESTS, UNAVAILABLE, DENIED, INVALID. */
export async function pollDevice(
  signOns: SignOns,
  { key, wish }: { readonly key: string; readonly wish: TokenWish },
  attempt: Attempt,
): Promise<DeviceAnswer> {
  const pending = await signOns.kept.find('device', key)
  if (!pending) throw ended()
  const seconds = signOns.polls.spend(key)
  if (seconds !== undefined)
    throw new RegistryError('TOOMANYREQUESTS', 'This device asks too often.', {
      headers: { 'Retry-After': String(seconds) },
    })
  const place = placeOf(signOns, pending.source)
  const polled = await noting(attempt, () =>
    askingProvider(signOns, place, () => place.source.pollDevice(pending)),
  ).catch(async error => {
    if (error instanceof SignOnRefused) await signOns.kept.take('device', key)
    throw error
  })
  if (polled.outcome === 'pending') return polled
  if (!(await signOns.kept.take('device', key))) throw ended()
  const principal = await enter(signOns, place, polled.identity, attempt)
  return { outcome: 'signed on', token: await signOns.issueToken(principal, attempt.origin, wish) }
}

function ended(): SignOnRefused {
  return new SignOnRefused('This sign-on of a device has ended or took too long: begin anew.')
}
