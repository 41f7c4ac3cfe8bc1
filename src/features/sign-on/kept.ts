import { randomBytes } from 'node:crypto'
import type { Clock } from '../../platform/clock/index.ts'
import type { Sealer } from '../../platform/secrets/index.ts'
import type { PendingSignOns } from '../../stores/metadata/index.ts'
import type { PendingDevice, PendingSignOn } from '../identity/index.ts'

/** A command line that waits on this machine's loopback address (RFC 8252, section 7.3). */
export interface WaitingCommandLine {
  readonly port: number
  /** SHA-256, in Base64url, of what only it knows (RFC 7636, S256). */
  readonly challenge: string
}

/** What is kept, by why: what is kept for one reason is not found for another. */
export interface Keepsakes {
  /** Until the browser comes back from the provider. */
  readonly callback: { readonly signOn: PendingSignOn; readonly commandLine?: WaitingCommandLine }
  /** Until the command line comes for its token. */
  readonly code: { readonly accountId: number; readonly name: string; readonly challenge: string }
  /** Until somebody confirms it. */
  readonly device: PendingDevice
}

/** Sealed, and found only with the key that `keep` gave. */
export interface Kept {
  keep<Kind extends keyof Keepsakes>(kind: Kind, content: Keepsakes[Kind], lifetimeMs: number): Promise<string>
  find<Kind extends keyof Keepsakes>(kind: Kind, key: string): Promise<Keepsakes[Kind] | undefined>
  /** Gives it once. */
  take<Kind extends keyof Keepsakes>(kind: Kind, key: string): Promise<Keepsakes[Kind] | undefined>
}

const KEY_BYTES = 32

export function createKept(store: PendingSignOns, sealer: Sealer, clock: Clock): Kept {
  const storedKey = (kind: string, key: string) => `${kind} ${key}`
  const purpose = (kind: string) => `sign-on ${kind}`
  const open = (kind: string, sealed: string | undefined) =>
    sealed === undefined ? undefined : JSON.parse(sealer.open(purpose(kind), sealed))
  return {
    async keep(kind, content, lifetimeMs) {
      const key = randomBytes(KEY_BYTES).toString('base64url')
      const sealed = sealer.seal(purpose(kind), JSON.stringify(content))
      await store.keep(storedKey(kind, key), sealed, clock() + lifetimeMs)
      return key
    },
    find: async (kind, key) => open(kind, await store.find(storedKey(kind, key))),
    take: async (kind, key) => open(kind, await store.take(storedKey(kind, key))),
  }
}
