/** Which rules of the house a token comes from: what names a workload for good there, and what must hold besides. */
export type IssuerKind = 'github' | 'gitlab' | 'kubernetes' | 'generic'

/** Somebody whose ID tokens are looked at. */
export interface TrustedIssuer {
  /** Exactly as the token's `iss` has it. */
  readonly issuer: string
  readonly kind: IssuerKind
  /** Where the keys are, when the issuer's discovery document cannot be reached from here. */
  readonly jwksUri?: string
  readonly ca?: string
  /** How old a token may be, by its `iat`. */
  readonly maxAgeSeconds: number
  /** Each token counts once. Kubernetes gives a pod the same token again for most of its life, so not there. */
  readonly singleUse: boolean
}

export const DEFAULT_MAX_AGE_SECONDS = 3600

export function usesOnce(kind: IssuerKind): boolean {
  return kind !== 'kubernetes'
}
