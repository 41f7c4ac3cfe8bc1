import type { Digest, Tag } from '../../oci/index.ts'
import type { AuditDetail, AuditEntry, PutOutcome, Removed, Unlinked, Untagged } from '../../stores/metadata/index.ts'
import { audited, type Permit } from '../access/index.ts'
import type { Refusal } from '../protection/index.ts'

/** What the audit log says of a push: the manifest, and each tag with where it pointed before. */
export function recordOfPush(
  permit: Permit<'push'>,
  { digest, mediaType, subject, at }: { digest: Digest; mediaType: string; subject?: Digest | undefined; at: number },
) {
  return (put: PutOutcome): readonly AuditEntry[] => {
    const deed = { at, category: 'data write', outcome: 'success' } as const
    if (put.outcome === 'tag taken') {
      const reason = `the tag is there already, and ${permit.principal.name} may set new tags only`
      const resource = { digest, tag: put.tag }
      return [
        audited(permit, {
          ...deed,
          type: 'tag.move',
          outcome: 'denied',
          reason,
          resource,
          detail: { before: put.by, after: digest },
        }),
      ]
    }
    if (put.outcome === 'protected') {
      const { refusal, move } = put
      return [
        audited(permit, {
          ...deed,
          type: move ? 'tag.move' : 'manifest.push',
          outcome: 'denied',
          reason: refusal.because,
          resource: { digest, ...(move ? { tag: move.tag } : {}) },
          detail: { ...heldBy(refusal), ...(move ? { before: move.from, after: digest } : {}) },
        }),
      ]
    }
    if (put.outcome !== 'stored') return []
    const detail = { mediaType, ...(subject ? { subject } : {}) }
    return [
      audited(permit, { ...deed, type: 'manifest.push', resource: { digest }, detail }),
      ...[...put.moved].map(([tag, before]) =>
        audited(permit, {
          ...deed,
          type: before === undefined ? 'tag.create' : before === digest ? 'tag.push' : 'tag.move',
          resource: { digest, tag },
          detail: { before: before ?? null, after: digest },
        }),
      ),
    ]
  }
}

export function recordOfDelete(permit: Permit<'delete'>, digest: Digest, at: number) {
  const deed = {
    at,
    type: 'manifest.delete',
    category: 'data write',
    outcome: 'success',
    resource: { digest },
  } as const
  return (removed: Removed): readonly AuditEntry[] => {
    if (removed.outcome === 'removed') return [audited(permit, { ...deed, detail: { tags: removed.tags } })]
    if (removed.outcome !== 'protected') return []
    return [audited(permit, { ...deed, ...denied(removed.refusal) })]
  }
}

export function recordOfUntag(permit: Permit<'delete'>, tag: Tag, at: number) {
  const deed = { at, type: 'tag.delete', category: 'data write', outcome: 'success' } as const
  return (untagged: Untagged): readonly AuditEntry[] => {
    if (untagged.outcome === 'unknown') return []
    const resource = { tag, digest: untagged.digest }
    if (untagged.outcome === 'protected') return [audited(permit, { ...deed, resource, ...denied(untagged.refusal) })]
    return [audited(permit, { ...deed, resource, detail: { before: untagged.digest, after: null } })]
  }
}

function denied(refusal: Refusal) {
  return { outcome: 'denied', reason: refusal.because, detail: heldBy(refusal) } as const
}

function heldBy({ rule, lock }: Refusal): AuditDetail {
  return rule === undefined ? { lock: lock ?? null } : { rule }
}

export function recordOfBlobDelete(permit: Permit<'delete'>, digest: Digest, at: number) {
  return (unlinked: Unlinked): readonly AuditEntry[] =>
    unlinked.outcome === 'unlinked'
      ? [audited(permit, { at, type: 'blob.delete', category: 'data write', outcome: 'success', resource: { digest } })]
      : []
}
