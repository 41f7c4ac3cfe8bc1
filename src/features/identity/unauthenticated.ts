import { RegistryError } from '../../oci/index.ts'

export interface Challenge {
  /** What a token must be for: `repository:shop/web:pull`. */
  readonly scope?: string
  /** RFC 6750, section 3.1. */
  readonly error?: 'invalid_token' | 'insufficient_scope'
}

/** Answered with 401 and a challenge that tells clients how to come again. */
export class Unauthenticated extends RegistryError {
  readonly challenge: Challenge

  constructor(message: string, challenge: Challenge = {}, options: { readonly cause?: unknown } = {}) {
    super('UNAUTHORIZED', message, options)
    this.challenge = challenge
  }
}
