import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  genericGrantRequest,
  initiateDeviceAuthorization,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { Clock } from '../../../../platform/clock/index.ts'
import { type ExternalIdentity, SignOnRefused } from '../external-identity.ts'
import type { Requests } from '../requests.ts'
import { translate } from './faults.ts'
import { identityFrom } from './identity.ts'
import { providerOf } from './provider.ts'
import type { DeviceInvitation, OidcSettings, PendingDevice, PendingSignOn } from './settings.ts'

export type DeviceOutcome =
  | { readonly outcome: 'signed on'; readonly identity: ExternalIdentity }
  /** Nobody confirmed it yet; ask again after the interval, which is five seconds longer when `slower`. */
  | { readonly outcome: 'pending'; readonly slower: boolean }

/** Sign-on at an OpenID provider. Every method throws SignOnRefused, or Unavailable when the provider cannot be asked. */
export interface SignOnSource {
  readonly name: string
  /** @param redirectUri without a query; one that the provider knows. */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly pending: PendingSignOn }>
  /** @param callbackUrl what the browser came back to; only its query counts. */
  finish(callbackUrl: string, pending: PendingSignOn): Promise<ExternalIdentity>
  beginDevice(): Promise<{ readonly invitation: DeviceInvitation; readonly pending: PendingDevice }>
  /** Asks the provider once. */
  pollDevice(pending: PendingDevice): Promise<DeviceOutcome>
}

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628 section 3.2. */
const DEFAULT_INTERVAL_SECONDS = 5

export function oidcSource(settings: OidcSettings, requests: Requests, clock: Clock): SignOnSource {
  const provider = providerOf(settings, requests, clock)
  const scope = [...new Set(['openid', ...settings.scopes])].join(' ')
  const asking = <Result>(work: (configuration: Configuration) => Promise<Result>) =>
    translate(settings.issuer, async () => work(await provider()))
  const checkOwn = (pending: { readonly source: string }) => {
    if (pending.source !== settings.name) throw new SignOnRefused('This sign-on began at another provider.')
  }
  return {
    name: settings.name,
    begin: redirectUri =>
      asking(async configuration => {
        const [state, nonce, codeVerifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
        const url = buildAuthorizationUrl(configuration, {
          redirect_uri: redirectUri,
          scope,
          state,
          nonce,
          code_challenge: await calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
        })
        return { url: url.href, pending: { source: settings.name, redirectUri, state, nonce, codeVerifier } }
      }),
    finish: (callbackUrl, pending) =>
      asking(async configuration => {
        checkOwn(pending)
        const current = new URL(pending.redirectUri)
        current.search = new URL(callbackUrl, pending.redirectUri).search
        const tokens = await authorizationCodeGrant(configuration, current, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.codeVerifier,
          idTokenExpected: true,
        })
        return identityFrom(configuration, settings, tokens)
      }),
    beginDevice: () =>
      asking(async configuration => {
        const answer = await initiateDeviceAuthorization(configuration, { scope })
        const complete = answer.verification_uri_complete
        return {
          invitation: {
            userCode: answer.user_code,
            verificationUri: answer.verification_uri,
            ...(complete === undefined ? {} : { verificationUriComplete: complete }),
            expiresInSeconds: answer.expires_in,
            intervalSeconds: answer.interval ?? DEFAULT_INTERVAL_SECONDS,
          },
          pending: { source: settings.name, deviceCode: answer.device_code },
        }
      }),
    pollDevice: pending =>
      asking(async configuration => {
        checkOwn(pending)
        try {
          const tokens = await genericGrantRequest(configuration, DEVICE_CODE, { device_code: pending.deviceCode })
          return { outcome: 'signed on' as const, identity: await identityFrom(configuration, settings, tokens) }
        } catch (error) {
          const code = error instanceof ResponseBodyError ? error.error : undefined
          if (code !== 'authorization_pending' && code !== 'slow_down') throw error
          return { outcome: 'pending' as const, slower: code === 'slow_down' }
        }
      }),
  }
}
