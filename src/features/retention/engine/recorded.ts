import type { RepositoryName } from '../../../oci/index.ts'
import type { AuditDetail, AuditEntry, Expiry } from '../../../stores/metadata/index.ts'
import { projectOf } from '../../access/index.ts'
import { SYSTEM } from '../../identity/index.ts'

/** What the audit log says of what rules deleted: each manifest with the tags that went along, and each other tag. */
export function recordOfExpiry({
  repository,
  by,
  at,
}: {
  readonly repository: RepositoryName
  readonly by: string
  readonly at: number
}) {
  // Nobody asked over the network: it is the registry that does it, for whoever wanted the run.
  const { kind, id, name } = SYSTEM
  const deed = (type: string, resource: AuditEntry['resource'], detail: AuditDetail): AuditEntry => ({
    at,
    type,
    category: 'data write',
    outcome: 'success',
    actor: { kind, id, name },
    origin: {},
    resource: { project: projectOf({ repository }), repository, ...resource },
    detail: { ...detail, by },
  })
  return (outcomes: readonly Expiry[]): readonly AuditEntry[] =>
    outcomes.flatMap(({ tags, manifests }) => {
      const taken = new Set(manifests.flatMap(manifest => manifest.tags))
      return [
        ...manifests.map(manifest =>
          deed('manifest.delete', { digest: manifest.digest }, { tags: manifest.tags, rule: manifest.rule }),
        ),
        ...tags
          .filter(({ name: tag }) => !taken.has(tag))
          .map(({ name: tag, digest, rule }) =>
            deed('tag.delete', { tag, digest }, { before: digest, after: null, rule }),
          ),
      ]
    })
}
