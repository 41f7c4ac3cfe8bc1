import type { Secret } from '../../../../platform/secrets/index.ts'

/** A provider that people sign on at. */
export interface OidcSettings {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  /** Absent: a public client. */
  readonly clientSecret?: Secret
  readonly clientAuthentication: 'basic' | 'post'
  /** "openid" is added. */
  readonly scopes: readonly string[]
  /** Paths of claims. */
  readonly nameClaim: string
  readonly groupsClaim: string
  readonly ca?: string
}

/** Kept between the two halves of a sign-on, by whoever began it; never shown to anybody else. */
export interface PendingSignOn {
  readonly source: string
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** Kept while somebody confirms the sign-on of a device. */
export interface PendingDevice {
  readonly source: string
  readonly deviceCode: string
}

/** What is shown on the device (RFC 8628 section 3.2). */
export interface DeviceInvitation {
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete?: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}
