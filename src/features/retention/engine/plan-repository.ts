import type { Digest, Tag } from '../../../oci/index.ts'
import type { ProtectionFacts, RepositoryRow, RetentionReading } from '../../../stores/metadata/index.ts'
import { judgeChange } from '../../protection/index.ts'
import { decideRepository } from './decide.ts'
import type { Entries } from './entries.ts'
import { manifestsThatGo } from './going.ts'
import { tagPages, untaggedPages } from './pages.ts'
import { readEntries } from './read-entries.ts'
import type { RuleHere } from './rules-here.ts'

/** What a run would do in one repository. */
export interface RepositoryPlan {
  /** What it takes to tell of them; what it took to decide is forgotten. */
  readonly entries: Pick<Entries, 'repository' | 'tagCount' | 'imageOf' | 'relations' | 'pulledAt'>
  /** As decideRepository gives them: the rules alone. */
  readonly verdicts: Int16Array
  /** 1 for what a rule deletes and protection keeps. */
  readonly isProtected: Uint8Array
  /** By manifest, 1 for those that go. */
  readonly goes: Uint8Array
  readonly protection: ProtectionFacts | undefined
  /** Entries that go. */
  readonly going: number
}

/** An entry as it is told. */
export interface Entry {
  readonly digest: Digest
  /** Undefined: the image itself, which has no tag. */
  readonly tag: Tag | undefined
  readonly setAt: number
  /** Its place among the entries of the repository. */
  readonly number: number
}

export async function planRepository(
  reading: RetentionReading,
  repository: RepositoryRow,
  rules: readonly RuleHere[],
  now: number,
): Promise<RepositoryPlan> {
  const entries = await readEntries(reading, repository, rules)
  const verdicts = decideRepository(rules, entries, now)
  const protection = verdicts.some(verdict => verdict < 0) ? await reading.protection(repository) : undefined
  const isProtected = new Uint8Array(protection ? verdicts.length : 0)
  if (protection) await markProtected({ reading, entries, verdicts, protection, isProtected, now })
  const isGoing = (entry: number) => (verdicts[entry] as number) < 0 && !isProtected[entry]
  let going = 0
  for (let entry = 0; entry < verdicts.length; entry += 1) if (isGoing(entry)) going += 1
  const goes = manifestsThatGo(entries, isGoing, lockedManifests(entries, protection, now))
  const { tagCount, imageOf, relations, pulledAt } = entries
  return {
    entries: { repository, tagCount, imageOf, relations, pulledAt },
    verdicts,
    isProtected,
    goes,
    protection,
    going,
  }
}

/** Every entry in the order of its number, some at a time. */
export async function* entriesOf(
  reading: RetentionReading,
  { repository, tagCount, imageOf }: Pick<Entries, 'repository' | 'tagCount' | 'imageOf'>,
): AsyncGenerator<readonly Entry[]> {
  let number = 0
  for await (const rows of tagPages(reading, repository.id))
    yield rows.map(({ digest, name, updated_at }) => ({ digest, tag: name, setAt: updated_at, number: number++ }))
  if (tagCount === imageOf.length) return
  for await (const rows of untaggedPages(reading, repository.id))
    yield rows.map(({ digest, pushed_at }) => ({ digest, tag: undefined, setAt: pushed_at, number: number++ }))
}

/** Why protection keeps what a rule would delete; undefined when it does not. */
export function refusalOf(
  protection: ProtectionFacts,
  { digest, tag, setAt }: Omit<Entry, 'number'>,
  now: number,
): string | undefined {
  const common = { by: 'retention', now, digest } as const
  const refusal = judgeChange(
    protection,
    tag === undefined
      ? { ...common, kind: 'remove manifest', tags: [] }
      : { ...common, kind: 'remove tag', tag, setAt },
  )
  return refusal?.because
}

async function markProtected({
  reading,
  entries,
  verdicts,
  protection,
  isProtected,
  now,
}: {
  readonly reading: RetentionReading
  readonly entries: Entries
  readonly verdicts: Int16Array
  readonly protection: ProtectionFacts
  readonly isProtected: Uint8Array
  readonly now: number
}): Promise<void> {
  for await (const page of entriesOf(reading, entries))
    for (const entry of page) {
      const isGoing = (verdicts[entry.number] as number) < 0
      if (isGoing && refusalOf(protection, entry, now) !== undefined) isProtected[entry.number] = 1
    }
}

/** What a lock holds by its digest, where it would only follow: the lock of an image itself holds its tags too. */
function lockedManifests({ relations }: Entries, protection: ProtectionFacts | undefined, now: number): number[] {
  return (protection?.locks ?? []).flatMap(({ digest }) => {
    if (digest === undefined || !protection) return []
    const manifest = relations.find(digest)
    return manifest >= 0 && refusalOf(protection, { digest, tag: undefined, setAt: 0 }, now) ? [manifest] : []
  })
}
