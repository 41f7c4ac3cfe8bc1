import type { Tag } from '../../oci/index.ts'
import type { AuditEntry, TagSettingOutcome, TagTarget } from '../../stores/metadata/index.ts'
import { audited, type Permit } from '../access/index.ts'

/** What the audit log says of a tag that was pointed to what was there already. */
export function recordOfSetting(
  permit: Permit<'push'>,
  { tag, target, at }: { readonly tag: Tag; readonly target: TagTarget; readonly at: number },
) {
  const deed = { at, type: 'digest' in target ? 'tag.set' : 'tag.restore', category: 'data write' } as const
  return (result: TagSettingOutcome): readonly AuditEntry[] => {
    switch (result.outcome) {
      case 'set': {
        const { digest, before } = result
        const detail = { before: before ?? null, after: digest }
        return [audited(permit, { ...deed, outcome: 'success', resource: { tag, digest }, detail })]
      }
      case 'tag taken': {
        const { digest, by } = result
        const reason = `the tag is there already, and ${permit.principal.name} may set new tags only`
        const detail = { before: by, after: digest }
        return [audited(permit, { ...deed, outcome: 'denied', reason, resource: { tag, digest }, detail })]
      }
      case 'protected': {
        const { digest, before, refusal } = result
        const detail = { before: before ?? null, after: digest }
        const reason = refusal.because
        return [audited(permit, { ...deed, outcome: 'denied', reason, resource: { tag, digest }, detail })]
      }
      default:
        return []
    }
  }
}
