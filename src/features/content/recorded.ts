import type { Digest, Tag } from '../../oci/index.ts'
import type { AuditEntry, PutOutcome, Removed, Unlinked } from '../../stores/metadata/index.ts'
import { audited, type Permit } from '../access/index.ts'

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
  return (removed: Removed): readonly AuditEntry[] =>
    removed.outcome === 'removed'
      ? [
          audited(permit, {
            at,
            type: 'manifest.delete',
            category: 'data write',
            outcome: 'success',
            resource: { digest },
            detail: { tags: removed.tags },
          }),
        ]
      : []
}

export function recordOfUntag(permit: Permit<'delete'>, tag: Tag, at: number) {
  return (before: Digest | undefined): readonly AuditEntry[] =>
    before === undefined
      ? []
      : [
          audited(permit, {
            at,
            type: 'tag.delete',
            category: 'data write',
            outcome: 'success',
            resource: { tag, digest: before },
            detail: { before, after: null },
          }),
        ]
}

export function recordOfBlobDelete(permit: Permit<'delete'>, digest: Digest, at: number) {
  return (unlinked: Unlinked): readonly AuditEntry[] =>
    unlinked.outcome === 'unlinked'
      ? [audited(permit, { at, type: 'blob.delete', category: 'data write', outcome: 'success', resource: { digest } })]
      : []
}
