import type { Digest, RegistryError, Tag } from '../../oci/index.ts'
import type { Permit } from '../access/index.ts'

/** What somebody is about to be given. */
export interface GateSubject {
  readonly permit: Permit<'pull' | 'stat'>
  /** stat: its name and size only; nobody waits for anything then. */
  readonly asks: 'pull' | 'stat'
  readonly digest: Digest
  readonly mediaType: string
  /** By which it was asked for. */
  readonly tag?: Tag
}

export interface GateOutcome {
  /** What a pull is refused with. */
  readonly refusal?: RegistryError
  /** Told with the answer. */
  readonly warnings: readonly string[]
}

/** Asked about a manifest for which there is a policy. */
export type PullGate = (subject: GateSubject) => Promise<GateOutcome>
