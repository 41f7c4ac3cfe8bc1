/** A pattern, or several of which one must match. */
export type Condition = string | readonly string[]

/** Lets the workloads that one issuer vouches for act in a project, for as long as a job takes. */
export interface TrustRule {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly issuer: string
  /** Exactly what the token's `aud` is. */
  readonly audience: string
  /** By the path of a claim; all must hold. */
  readonly conditions: Readonly<Record<string, Condition>>
  readonly permissions: readonly string[]
  /** Patterns of what the permissions are for. */
  readonly repositories: string
  readonly tags: string
  readonly lifetimeSeconds: number
}

export function patternsOf(condition: Condition): readonly string[] {
  return typeof condition === 'string' ? [condition] : condition
}
