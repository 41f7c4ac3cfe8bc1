import type { Digest, RepositoryName } from '../../oci/index.ts'

export type FindingKind =
  | 'blob missing'
  | 'blob damaged'
  | 'manifest damaged'
  | 'manifest incomplete'
  | 'tag dangling'
  | 'link dangling'
  | 'object unknown'

export interface Finding {
  readonly kind: FindingKind
  /** Of what it is about; absent for an object whose digest nobody knows. */
  readonly digest?: Digest
  readonly repository?: RepositoryName
  /** What is wrong, and what to do about it. */
  readonly detail: string
  readonly action: 'put out of reach' | 'put out of reach, object quarantined' | 'object quarantined' | 'reported'
}
