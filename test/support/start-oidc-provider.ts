import type { Server } from 'node:http'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { freePort } from './start-berth.ts'

export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string
  readonly client: { readonly id: string; readonly secret: string }
  /** A token that the provider never gave, signed with its key. */
  sign(claims: JWTPayload): Promise<string>
}

export interface Person {
  readonly name?: string
  readonly preferred_username?: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly groups?: unknown
}

export interface OidcProviderOptions {
  /** By what they log in with. */
  readonly people: Readonly<Record<string, Person>>
  readonly redirectUris: readonly string[]
  /** A free one unless given. */
  readonly port?: number
  /** Claims are in the ID token, not only in the user info. */
  readonly claimsInIdToken?: boolean
}

const CLIENT = { id: 'berth', secret: 'the-secret-of-berth:with/special characters' }

/** A certified OpenID provider on loopback, which lets anybody in who says who they are. */
export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProvider> {
  const issuer = `http://127.0.0.1:${options.port ?? freePort()}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: 'of-the-provider', alg: 'RS256', use: 'sig' }
  const provider = new Provider(issuer, configuration(options, key))
  const { promise, resolve } = Promise.withResolvers<void>()
  const server: Server = provider.listen(Number(new URL(issuer).port), '127.0.0.1', () => resolve())
  await promise
  return {
    issuer,
    client: CLIENT,
    sign: claims => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(privateKey),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function configuration({ people, redirectUris, claimsInIdToken = true }: OidcProviderOptions, key: JWK): Configuration {
  return {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    ],
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    conformIdTokenClaims: !claimsInIdToken,
    pkce: { required: () => true },
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    findAccount: (_context, id) => {
      const person = people[id]
      return person && { accountId: id, claims: () => ({ sub: id, ...person }) }
    },
    cookies: { keys: ['of-a-test'] },
    ttl: { DeviceCode: 600, AccessToken: 600, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
  } as Configuration
}
