import { type Configuration, fetchUserInfo } from 'openid-client'
import { type Claims, claimAt } from '../claims.ts'
import { type ExternalIdentity, SignOnRefused } from '../external-identity.ts'
import { plainText } from '../plain-text.ts'
import type { OidcSettings } from './settings.ts'

/** The part of a token answer that is read. */
interface Tokens {
  readonly access_token: string
  claims(): (Claims & { readonly iss: string; readonly sub: string }) | undefined
}

/** Who signed on. Asks the provider's user info when the ID token itself lacks a claim. @throws SignOnRefused. */
export async function identityFrom(
  configuration: Configuration,
  { name: source, nameClaim, groupsClaim }: Pick<OidcSettings, 'name' | 'nameClaim' | 'groupsClaim'>,
  tokens: Tokens,
): Promise<ExternalIdentity> {
  const token = tokens.claims()
  if (!token) throw new SignOnRefused('The provider sent no ID token.')
  const lacking = [nameClaim, groupsClaim].some(path => claimAt(token, path) === undefined)
  const more: Claims =
    lacking && configuration.serverMetadata().userinfo_endpoint !== undefined
      ? await fetchUserInfo(configuration, tokens.access_token, token.sub)
      : {}
  const claim = (path: string) => claimAt(token, path) ?? claimAt(more, path)
  const email = claim('email_verified') === false ? undefined : plainText(claim('email'))
  const displayName = plainText(claim('name'))
  return {
    source,
    // Neither holds a space: an issuer is a URL, and what comes after the first belongs to the subject.
    subject: `${token.iss} ${token.sub}`,
    name: plainText(claim(nameClaim)) ?? email ?? token.sub,
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    groups: groupsOf(claim(groupsClaim), groupsClaim),
  }
}

/** A list of names, or one name. @throws SignOnRefused for anything else: rules could not be applied to it. */
function groupsOf(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return []
  const groups = Array.isArray(value) ? value : [value]
  if (!groups.every(group => typeof group === 'string')) {
    throw new SignOnRefused(`The claim ${path} is not a list of group names.`)
  }
  return [...new Set(groups)].filter(group => plainText(group) !== undefined)
}
