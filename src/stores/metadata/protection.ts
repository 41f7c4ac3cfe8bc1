import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import type { Queries } from './engine.ts'
import { firstOf } from './names/redirects.ts'
import { compiledOnce } from './prepared.ts'

/** Which tags. What a pattern means is in features/protection. */
export type TagPattern =
  | { readonly glob: string }
  /** RE2, the whole tag. */
  | { readonly regex: string }
  /** A range such as `>=1.2 <2`; a leading v is ignored. `prereleases` are matched only when asked for. */
  | { readonly semver: string; readonly prereleases?: boolean | undefined }

/** Tags that stay where they point. Every rule that holds a tag counts, in whatever order they stand. */
export interface ImmutabilityRule {
  /** Undefined: of the whole registry. */
  readonly project: string | undefined
  /** Once in its project. */
  readonly name: string
  /** Globs over whole names of repositories; empty: all of them. */
  readonly repositories: readonly string[]
  readonly exceptRepositories: readonly string[]
  /** One of these, */
  readonly tags: readonly TagPattern[]
  /** and none of these. */
  readonly exceptTags: readonly TagPattern[]
  /** Since the tag was set; undefined: for ever. */
  readonly immutableForDays: number | undefined
  /** Who may change the tag when those days are over: retention alone (people still may not), or everybody. */
  readonly afterwards: 'retention' | 'everybody'
}

export type LockKind = 'delete' | 'write'

export interface Lock {
  /** Undefined: the repository as a whole. */
  readonly digest: Digest | undefined
  readonly kind: LockKind
  readonly reason: string
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** All that a judgement about a change in one repository depends on. */
export interface ProtectionFacts {
  readonly repository: RepositoryName
  readonly rules: readonly ImmutabilityRule[]
  readonly locks: readonly Lock[]
}

/** What is about to happen to a repository. Times are milliseconds since the epoch. */
export type Change = {
  /** Retention: a rule that takes out what is old; a person: everything else, whatever their role. */
  readonly by: 'person' | 'retention'
  readonly now: number
} & (
  | /** A manifest is stored, or a tag set for the first time. */ {
      readonly kind: 'push'
      readonly digest: Digest
      readonly tag?: Tag | undefined
    }
  | /** A tag is set to another digest than this one. */ ({ readonly kind: 'move' } & SetTag)
  | ({ readonly kind: 'remove tag' } & SetTag)
  | /** With all its tags. */ {
      readonly kind: 'remove manifest'
      readonly digest: Digest
      readonly tags: readonly Omit<SetTag, 'digest'>[]
    }
  | /** The repository gets another name, with all that is in it. */ { readonly kind: 'rename' }
)

export interface SetTag {
  readonly tag: Tag
  /** Where it points. */
  readonly digest: Digest
  /** When it was last set. */
  readonly setAt: number
}

export interface Refusal {
  /** For whoever asked: what is held, by what, until when, and what to do. */
  readonly message: string
  /** The reason alone: `immutable until … by the rule "releases" of project shop`. */
  readonly because: string
  /** What holds it. */
  readonly rule?: string
  readonly lock?: LockKind
  /** The tag that is held, of a manifest that was to go. */
  readonly tag?: Tag
  /** Until when, for whoever asked; undefined: until somebody changes the rule or takes the lock away. */
  readonly until?: number
}

/** The one judgement of what must stay (features/protection). Pure: a transaction may be run again. */
export type Judge = (facts: ProtectionFacts, change: Change) => Refusal | undefined

/** How many digests are asked for by name; with more, all locks of the repository are read. */
const MOST_NAMED = 100

export interface RepositoryProtection {
  readonly id: number
  /** There is a rule or lock that may concern it. */
  readonly isProtected: boolean
  readonly hasLocks: boolean
}

const findRepository = compiledOnce<
  { repository: RepositoryName; project: string },
  { id: number; rules: unknown; locks: unknown }
>((db, parameter) =>
  db
    .selectFrom('repositories')
    .select(({ exists, selectFrom }) => [
      'repositories.id',
      exists(rulesFor(db, parameter('project')).select('immutability_rules.id')).as('rules'),
      exists(selectFrom('locks').select('locks.kind').whereRef('locks.repository_id', '=', 'repositories.id')).as(
        'locks',
      ),
    ])
    .where('repositories.name', '=', parameter('repository')),
)

const findRules = compiledOnce<{ project: string }, Parameters<typeof ruleOf>[0]>((db, parameter) =>
  rulesFor(db, parameter('project'))
    .leftJoin('projects', 'projects.id', 'immutability_rules.project_id')
    .selectAll('immutability_rules')
    .select('projects.name as project')
    .orderBy('immutability_rules.id'),
)

/** The repository, and whether anything of it may have to stay: one query, as its id alone is. */
export async function repositoryWithProtection(
  queries: Queries,
  repository: RepositoryName,
): Promise<RepositoryProtection | undefined> {
  const [row] = await findRepository(queries, { repository, project: firstOf(repository) })
  const hasLocks = Boolean(row?.locks)
  return row && { id: row.id, hasLocks, isProtected: hasLocks || Boolean(row.rules) }
}

/** @param digests whose locks matter, beside those of the repository; absent: all. */
export async function protectionFacts(
  queries: Queries,
  place: { readonly id: number; readonly repository: RepositoryName; readonly hasLocks?: boolean },
  digests?: readonly Digest[],
): Promise<ProtectionFacts> {
  const { id, repository, hasLocks = true } = place
  const rules = await rulesOf(queries, repository)
  return { repository, rules, locks: hasLocks ? await locksOf(queries, id, digests) : [] }
}

/** The rules of the repository's project and of the registry; none of their patterns was looked at. */
export async function rulesOf(queries: Queries, repository: RepositoryName): Promise<readonly ImmutabilityRule[]> {
  return (await findRules(queries, { project: firstOf(repository) })).map(ruleOf)
}

export async function locksOf(
  queries: Queries,
  repositoryId: number,
  digests?: readonly Digest[],
): Promise<readonly Lock[]> {
  const named = digests && digests.length < MOST_NAMED ? (['', ...digests] as const) : undefined
  const rows = await queries
    .selectFrom('locks')
    .select(['digest', 'kind', 'reason', 'locked_by as by', 'locked_at as at'])
    .where('repository_id', '=', repositoryId)
    .$if(named !== undefined, query => query.where('digest', 'in', named ?? []))
    .orderBy('digest')
    .orderBy('kind')
    .execute()
  return rows.map(row => ({ ...row, digest: row.digest === '' ? undefined : row.digest }))
}

/** Does a lock say that the image may not be deleted? Garbage collection asks. */
export async function isLockedAgainstDeletion(queries: Queries, repositoryId: number, digest: Digest) {
  const row = await queries
    .selectFrom('locks')
    .select('kind')
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', ['', digest])
    .where('kind', '=', 'delete')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

function rulesFor(queries: Queries, project: string) {
  return queries
    .selectFrom('immutability_rules')
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('immutability_rules.project_id', 'is', null),
        eb(
          'immutability_rules.project_id',
          '=',
          selectFrom('projects as own').select('own.id').where('own.name', '=', project),
        ),
      ]),
    )
}

export function ruleOf(row: {
  readonly project: string | null
  readonly name: string
  readonly repositories: string
  readonly except_repositories: string
  readonly tags: string
  readonly except_tags: string
  readonly immutable_for_days: number | null
  readonly afterwards: 'retention' | 'everybody'
}): ImmutabilityRule {
  return {
    project: row.project ?? undefined,
    name: row.name,
    repositories: JSON.parse(row.repositories),
    exceptRepositories: JSON.parse(row.except_repositories),
    tags: JSON.parse(row.tags),
    exceptTags: JSON.parse(row.except_tags),
    immutableForDays: row.immutable_for_days ?? undefined,
    afterwards: row.afterwards,
  }
}
