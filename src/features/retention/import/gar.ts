import type { Conditions, RetentionRule, Selection } from '../policy.ts'
import { parseDocument } from './document.ts'
import { type GarCondition, type GarPolicy, garList, garRepository, requireGarSense } from './gar-document.ts'
import {
  COUNTS_BY_TAG,
  type ImportedPolicy,
  type ImportPlace,
  type ImportRemark,
  LONGEST_DAYS,
  ruleName,
} from './imported-policy.ts'

const DAY_SECONDS = 86_400

interface Told {
  problem(path: string, message: string): void
  note(path: string, message: string): void
}

/**
 * Cleanup policies of Artifact Registry: the list that `gcloud artifacts repositories set-cleanup-policies` takes, or a
 * repository as the API gives it. Its packages are the repositories of the project. Conditions of one policy are ANDed,
 * the entries of one list ORed, and what is kept is kept whatever else deletes it: as here.
 * @throws INVALID with each fault by its path.
 */
export function importGar(document: unknown, place: ImportPlace): ImportedPolicy {
  const policies = policiesOf(document)
  requireGarSense(policies)
  const problems: ImportRemark[] = []
  const notes: ImportRemark[] = []
  const told: Told = {
    problem: (path, message) => problems.push({ path, message }),
    note: (path, message) => notes.push({ path, message }),
  }
  const taken = new Set<string>()
  const rules = policies.flatMap(({ policy, path }) => {
    const rule = ruleOf(policy, path, place, told)
    return rule ? [{ ...rule, name: ruleName(policy.name, taken) }] : []
  })
  return { rules, problems, notes }
}

function policiesOf(document: unknown): readonly { readonly policy: GarPolicy; readonly path: string }[] {
  if (Array.isArray(document))
    return parseDocument(garList, document).map((policy, index) => ({ policy, path: String(index) }))
  const { cleanupPolicies } = parseDocument(garRepository, document)
  return Object.entries(cleanupPolicies).map(([key, { id, ...policy }]) => ({
    policy: { name: id ?? key, ...policy },
    path: `cleanupPolicies.${key}`,
  }))
}

function ruleOf(
  policy: GarPolicy,
  path: string,
  place: ImportPlace,
  told: Told,
): Omit<RetentionRule, 'name'> | undefined {
  const { action, condition, mostRecentVersions } = policy
  if (mostRecentVersions) {
    told.note(`${path}.mostRecentVersions`, COUNTS_BY_TAG)
    return {
      action: 'keep',
      select: repositoriesOf(mostRecentVersions.packageNamePrefixes, place),
      when: { newest: { count: mostRecentVersions.keepCount, by: 'push' } },
    }
  }
  if (!condition) return undefined
  const select = selectionOf(condition, place)
  if (select.digests?.every(glob => !isOfDigest(glob.slice(0, -1))))
    told.note(`${path}.condition.versionNamePrefixes`, 'the version of an image is its digest; none begins like this')
  const when = (action === 'DELETE' ? deletedWhen : keptWhen)(condition, `${path}.condition`, told)
  if (isNever(when?.pushed)) {
    told.note(`${path}.condition`, 'nothing is as old as olderThan and as new as newerThan say: left out')
    return undefined
  }
  return when && { action: action === 'DELETE' ? 'delete' : 'keep', select, when }
}

function selectionOf(condition: GarCondition, place: ImportPlace): Selection {
  const { tagState, tagPrefixes, versionNamePrefixes, packageNamePrefixes } = condition
  const tags = given(tagPrefixes)
  const versions = given(versionNamePrefixes)
  return {
    ...repositoriesOf(packageNamePrefixes, place),
    ...(tagState === 'UNTAGGED' ? { state: 'untagged' } : tagState === 'TAGGED' || tags ? { state: 'tagged' } : {}),
    // One pattern, because each of several would have to match.
    ...(tags ? { imageHasTags: [anyOf(tags)] } : {}),
    ...(versions ? { digests: versions.map(prefix => `${prefix}*`) } : {}),
  }
}

/** Nothing newer or younger than the document says, so times are rounded up to days. */
function deletedWhen(condition: GarCondition, path: string, told: Told): Conditions | undefined {
  const { olderThan, newerThan } = condition
  if (newerThan !== undefined && condition.tagState !== 'UNTAGGED') {
    told.problem(`${path}.newerThan`, `${AGE_BY_TAG}; deleting what is newer would delete more here: left out`)
    return undefined
  }
  const atLeastDays = olderThan === undefined ? undefined : days(olderThan, Math.ceil, `${path}.olderThan`, told)
  const atMostDays = newerThan === undefined ? undefined : days(newerThan, Math.floor, `${path}.newerThan`, told)
  return aged({ atLeastDays, atMostDays })
}

/** Nothing less than the document says is kept. */
function keptWhen(condition: GarCondition, path: string, told: Told): Conditions {
  const { olderThan, newerThan } = condition
  const isByTag = olderThan !== undefined && condition.tagState !== 'UNTAGGED'
  if (isByTag) told.problem(`${path}.olderThan`, `${AGE_BY_TAG}; so that no less is kept, kept at any age`)
  return aged({
    atLeastDays:
      olderThan === undefined || isByTag ? undefined : days(olderThan, Math.floor, `${path}.olderThan`, told),
    atMostDays: newerThan === undefined ? undefined : days(newerThan, Math.ceil, `${path}.newerThan`, told),
  })
}

const AGE_BY_TAG = 'a tagged image’s age is here since its tag was set, in Artifact Registry since its upload'

function isNever(age: Conditions['pushed']): boolean {
  return (age?.atLeastDays ?? 0) > (age?.atMostDays ?? LONGEST_DAYS)
}

function aged({ atLeastDays, atMostDays }: NonNullable<Conditions['pushed']>): Conditions {
  if (atLeastDays === undefined && atMostDays === undefined) return {}
  return {
    pushed: {
      ...(atLeastDays === undefined ? {} : { atLeastDays }),
      ...(atMostDays === undefined ? {} : { atMostDays }),
    },
  }
}

function days(seconds: number, round: (days: number) => number, path: string, told: Told): number {
  const rounded = Math.min(round(seconds / DAY_SECONDS), LONGEST_DAYS)
  if (rounded * DAY_SECONDS !== seconds) told.note(path, `ages are whole days here: ${rounded}`)
  return rounded
}

/** A package's name has its slashes encoded. */
function repositoriesOf(packages: readonly string[] | undefined, { project }: ImportPlace): Selection {
  const some = given(packages)
  if (some) return { repositories: some.map(prefix => `${project}/${prefix.replaceAll(/%2f/gi, '/')}**`) }
  return {}
}

/** A list without entries, or with one that everything begins with, is none. */
function given(list: readonly string[] | undefined): readonly string[] | undefined {
  return list && list.length > 0 && !list.includes('') ? list : undefined
}

function anyOf(prefixes: readonly string[]) {
  const [first = ''] = prefixes
  if (prefixes.length === 1) return { glob: `${first}*` }
  return { regex: `(?:${prefixes.map(prefix => prefix.replaceAll('.', '\\.')).join('|')}).*` }
}

function isOfDigest(prefix: string): boolean {
  return ['sha256:', 'sha512:'].some(algorithm => prefix.startsWith(algorithm) || algorithm.startsWith(prefix))
}
