import { RegistryError } from '../../oci/index.ts'
import { Unavailable } from '../../platform/outcome/index.ts'
import {
  ANONYMOUS,
  admit,
  type ExternalIdentity,
  type Principal,
  SignOnRefused,
  userPrincipal,
} from '../identity/index.ts'
import type { Attempt, SignOnPlace, SignOns } from './sign-ons.ts'

/** @throws NOT_FOUND. */
export function placeOf({ places }: Pick<SignOns, 'places'>, name: string): SignOnPlace {
  const place = places.find(({ source }) => source.name === name)
  if (place) return place
  throw new RegistryError('NOT_FOUND', 'Nobody signs on here with a source of that name.')
}

/** Asks the provider; why it cannot be asked is for the log, and not for whoever signs on. @throws UNAVAILABLE. */
export async function askingProvider<Result>(
  { complain }: Pick<SignOns, 'complain'>,
  { source, title }: SignOnPlace,
  ask: () => Promise<Result>,
): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    complain(source.name, error)
    throw new RegistryError('UNAVAILABLE', `${title} cannot be asked now. Try again in a while.`, {
      cause: error,
      headers: { 'Retry-After': '10' },
    })
  }
}

/** Somebody whom the provider vouches for, as the user they are here. @throws SignOnRefused, DENIED. */
export async function enter(
  { signIns, accounts, clock }: SignOns,
  { source, rules }: SignOnPlace,
  identity: ExternalIdentity,
  { observe }: Attempt,
): Promise<Principal> {
  let principal: Principal = { ...ANONYMOUS, name: identity.name, authenticatedBy: 'OpenID Connect' }
  try {
    const { id, accountId, name } = await admit(signIns, { identity, rules }, clock())
    principal = { ...principal, kind: 'user', id, name, ...(accountId === undefined ? {} : { accountId }) }
    const account = accountId === undefined ? undefined : await accounts.account('user', accountId)
    if (account?.state !== 'active') throw new SignOnRefused('This account is disabled.')
  } catch (error) {
    if (error instanceof RegistryError) observe({ principal, outcome: 'denied', reason: error.message })
    throw error
  }
  observe({ principal, outcome: 'success', reason: `${source.name} vouches for ${identity.subject}` })
  return principal
}

/** Notes a refusal by the provider, or of what came back from it. */
export async function noting<Result>({ observe }: Attempt, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SignOnRefused) observe({ principal: NOBODY, outcome: 'denied', reason: error.message })
    throw error
  }
}

const NOBODY: Principal = { ...ANONYMOUS, authenticatedBy: 'OpenID Connect' }

export function signedOn(accountId: number, name: string): Principal {
  return { ...userPrincipal(accountId, name), authenticatedBy: 'OpenID Connect' }
}
