import type { AuditEntry } from '../../src/stores/metadata/index.ts'
import { entryOf } from './log.ts'

/** Line ends of every kind, terminal escapes, marks of direction, and whatever each format treats as its own. */
export const HOSTILE =
  'a\r\nb\u0000\u0007\u001b[2Jc\u007f\u0085\u009b\u2028\u2029\u202e\u2066d\ufeff"x\\y]z|p=q<134>1 [fake@1 a="b"] CEF:0|x'

/** Everything that a client can choose is hostile. */
export function hostileEntry(given: Partial<AuditEntry> = {}): AuditEntry {
  return entryOf({
    outcome: 'denied',
    reason: HOSTILE,
    errorCode: 'DENIED',
    status: 403,
    actor: {
      kind: 'pipeline',
      id: HOSTILE,
      name: HOSTILE,
      authenticatedBy: HOSTILE,
      credential: HOSTILE,
      claims: { [HOSTILE]: HOSTILE },
    },
    origin: { address: '2001:db8::1', userAgent: HOSTILE, requestId: HOSTILE, method: HOSTILE, path: HOSTILE },
    resource: { project: HOSTILE, repository: HOSTILE, tag: HOSTILE, digest: HOSTILE, kind: HOSTILE, id: HOSTILE },
    detail: { [HOSTILE]: HOSTILE, list: [HOSTILE], before: null, number: 1 },
    count: 3,
    ...given,
  })
}
