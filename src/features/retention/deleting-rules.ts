import { matchesGlob } from '../../oci/index.ts'
import type { RetentionPolicies } from '../../stores/metadata/index.ts'
import { tagMatcher } from '../protection/index.ts'
import type { RetentionPolicy, Selection } from './policy.ts'

/**
 * The rules of a project's policy that delete tags, and which tags each could be about by name, whatever else it asks
 * of them: for whoever makes a rule that would keep these. None where there is no policy.
 */
export async function deletingRules(
  policies: Pick<RetentionPolicies, 'find'>,
  project: string,
): Promise<readonly { readonly name: string; readonly selects: (repository: string, tag: string) => boolean }[]> {
  const document = (await policies.find(project))?.document as RetentionPolicy | undefined
  const deleting = (document?.rules ?? []).filter(
    ({ action, select }) => action === 'delete' && select.state !== 'untagged',
  )
  return deleting.map(({ name, select }) => ({ name, selects: namesOf(select) }))
}

function namesOf({ repositories, exceptRepositories = [], tags, exceptTags = [] }: Selection) {
  const isIn = tags ? tagMatcher(tags) : () => true
  const isOut = tagMatcher(exceptTags)
  const matches = (globs: readonly string[], repository: string) => globs.some(glob => matchesGlob(glob, repository))
  return (repository: string, tag: string) =>
    (repositories === undefined || matches(repositories, repository)) &&
    !matches(exceptRepositories, repository) &&
    isIn(tag) &&
    !isOut(tag)
}
