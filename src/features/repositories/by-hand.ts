import type { RepositoryName } from '../../oci/index.ts'

/** Told after every rename: what no rewriting can decide. */
export const RULES_BY_PATTERN =
  'Patterns with * are left as they are and count for the new name: look at grants, immutable tags and retention (berth retention preview) that use them.'

export function byHandAfterMove(from: RepositoryName, leftBehind: number): readonly string[] {
  return [
    'Who may use it is what the new project says: its members, its visibility, its rules.',
    ...(leftBehind > 0
      ? [`${leftBehind} grants or rules of the old project name ${from} and are about nothing now: remove them.`]
      : []),
  ]
}

export const AFTER_PROJECT_RENAME: readonly string[] = [
  RULES_BY_PATTERN,
  'Robots have the new name too; they may sign in with the old one for as long as the redirect is there.',
  'What is written elsewhere (manifests of Kubernetes, Dockerfiles, trust policies of clients) still has the old name: pulls go on, pushes need the new one.',
]
