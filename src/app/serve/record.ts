import { entryOf, type Origin, type Permit, type Question } from '../../features/access/index.ts'
import type { Recorder } from '../../features/audit/index.ts'
import type { SignInObserver } from '../../features/identity/index.ts'
import type { Digest, Tag } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'

/** What of a request is recorded although it changes nothing. */
export interface RequestRecord {
  signIn(origin: Origin): SignInObserver
  refused(question: Question, because: string, origin: Origin): void
  pulled(permit: Permit<'pull'>, manifest: { readonly digest: Digest; readonly tag?: Tag }): void
}

export function recordRequests(recorder: Recorder, clock: Clock, pulls: boolean): RequestRecord {
  return {
    signIn:
      origin =>
      ({ principal, outcome, reason }) => {
        recorder.record(
          entryOf(
            { principal, origin },
            {
              at: clock(),
              type: outcome === 'success' ? 'authentication.success' : 'authentication.failed',
              category: 'authentication',
              outcome,
              ...(reason === undefined ? {} : { reason }),
            },
          ),
        )
      },
    refused({ principal, action, resource }, reason, origin) {
      // How every client begins: it asks who it has to be.
      if (action === 'use API') return
      const deed = { at: clock(), type: 'access.denied', category: 'data read', outcome: 'denied' } as const
      recorder.record(entryOf({ principal, origin, resource }, { ...deed, reason, detail: { action } }))
    },
    pulled({ principal, origin, resource }, manifest) {
      if (!pulls) return
      const deed = { at: clock(), type: 'manifest.pull', category: 'data read', outcome: 'success' } as const
      recorder.record(entryOf({ principal, origin, resource }, { ...deed, resource: manifest }))
    },
  }
}
