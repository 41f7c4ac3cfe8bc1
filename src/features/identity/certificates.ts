import type { Clock } from '../../platform/clock/index.ts'
import type { SignIns } from '../../stores/metadata/index.ts'
import { admit, type MappedSource } from './admit.ts'
import { type CertificateSettings, certificateSignOn } from './external/index.ts'
import type { Principal } from './principal.ts'
import { type SignInObserver, toldRefusal } from './sign-in-observer.ts'

/** A client shows its certificate with every request; so long it counts as one sign-in. */
const SIGNED_IN_MS = 60_000
const REMEMBERED = 10_000

export interface CertificateSignIns {
  readonly settings: CertificateSettings
  readonly rules: MappedSource['rules']
  readonly signIns: SignIns
  readonly clock: Clock
}

/** What a request says of the certificate that its client showed. */
export interface ShownCertificate {
  readonly headers: Headers
  readonly fromTrustedProxy: boolean
  readonly observe: SignInObserver
}

/**
 * Who shows the certificate that a trusted proxy forwards; undefined when nobody does. The certificate is verified each
 * time; what the account is made of is written again after a while only.
 * @throws Unauthenticated.
 */
export function certificateSignIns({ settings, rules, signIns, clock }: CertificateSignIns) {
  const known = new Map<string, { readonly principal: Principal; readonly until: number }>()
  return async ({ headers, fromTrustedProxy, observe }: ShownCertificate): Promise<Principal | undefined> =>
    toldRefusal({ name: settings.source.name, observe }, async () => {
      const now = clock()
      const identity = certificateSignOn({ headers, fromTrustedProxy, now }, settings)
      if (!identity) return undefined
      const key = JSON.stringify(identity)
      const before = known.get(key)
      if (before && before.until > now) return before.principal
      const user = await admit(signIns, { identity, rules }, now)
      const principal = { ...user, authenticatedBy: 'certificate' } as const
      if (known.size >= REMEMBERED) known.clear()
      known.set(key, { principal, until: now + SIGNED_IN_MS })
      observe({ principal, outcome: 'success' })
      return principal
    })
}
