/** What is remembered of identities that others vouch for. Times are milliseconds since the epoch. */
export interface SourcesSchema {
  /** ID tokens that were used; kept as long as they would be accepted. */
  used_tokens: {
    /** SHA-256 of issuer and token id, in hexadecimal. */
    token: string
    expires_at: number
  }
  /** Sign-ons that somebody began elsewhere and has not come back from. */
  pending_sign_ons: {
    /** SHA-256 of what whoever began it holds, in hexadecimal. */
    id: string
    content: string
    expires_at: number
  }
}
