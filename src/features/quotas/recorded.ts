import type { AuditEntry, QuotaPassing } from '../../stores/metadata/index.ts'
import { type Deed, entryOf, type Origin } from '../access/index.ts'
import type { Principal } from '../identity/index.ts'

/** Who did what made it so. */
interface By {
  readonly principal: Principal
  readonly origin: Origin
}

/** The audit log hears of a limit when it is passed, and not of every push beyond it. */
export function recordOfPassing(by: By, at: number) {
  return (passing: QuotaPassing | undefined): readonly AuditEntry[] => {
    if (passing?.passed === 'hard') return [entry(by, passing, { at, type: 'quota.exceeded', outcome: 'denied' })]
    if (passing?.passed === 'soft' && passing.before === 'nothing')
      return [entry(by, passing, { at, type: 'quota.warning', outcome: 'success' })]
    return []
  }
}

function entry(
  by: By,
  { scope, kind, used, hard, soft }: QuotaPassing,
  deed: Pick<Deed, 'at' | 'type' | 'outcome'>,
): AuditEntry {
  const resource = scope === 'registry' ? 'registry' : scope
  const detail = { kind, used, hard: hard ?? null, soft: soft ?? null }
  return entryOf({ ...by, resource }, { ...deed, category: 'system', resource: { kind: 'quota', id: kind }, detail })
}
