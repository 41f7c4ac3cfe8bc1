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
  readonly entries: Entries
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
  if (protection) await markProtected({ reading, repository, verdicts, protection, isProtected, now })
  const isGoing = (entry: number) => (verdicts[entry] as number) < 0 && !isProtected[entry]
  let going = 0
  for (let entry = 0; entry < verdicts.length; entry += 1) if (isGoing(entry)) going += 1
  const goes = manifestsThatGo(entries, isGoing, lockedManifests(entries, protection, now))
  return { entries, verdicts, isProtected, goes, protection, going }
}

/** Every entry in the order of its number, some at a time. */
export async function* entriesOf(
  reading: RetentionReading,
  repository: RepositoryRow,
): AsyncGenerator<readonly Entry[]> {
  for await (const rows of tagPages(reading, repository.id))
    yield rows.map(({ digest, name, updated_at }) => ({ digest, tag: name, setAt: updated_at }))
  for await (const rows of untaggedPages(reading, repository.id))
    yield rows.map(({ digest, pushed_at }) => ({ digest, tag: undefined, setAt: pushed_at }))
}

/** Why protection keeps what a rule would delete; undefined when it does not. */
export function refusalOf(protection: ProtectionFacts, { digest, tag, setAt }: Entry, now: number): string | undefined {
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
  repository,
  verdicts,
  protection,
  isProtected,
  now,
}: {
  readonly reading: RetentionReading
  readonly repository: RepositoryRow
  readonly verdicts: Int16Array
  readonly protection: ProtectionFacts
  readonly isProtected: Uint8Array
  readonly now: number
}): Promise<void> {
  let number = 0
  for await (const entries of entriesOf(reading, repository)) {
    for (const entry of entries) {
      if ((verdicts[number] as number) < 0 && refusalOf(protection, entry, now) !== undefined) isProtected[number] = 1
      number += 1
    }
  }
}

/** What a lock holds by its digest, also where it would only follow. */
function lockedManifests({ relations }: Entries, protection: ProtectionFacts | undefined, now: number): number[] {
  return (protection?.locks ?? []).flatMap(({ digest }) => {
    if (digest === undefined || !protection) return []
    const manifest = relations.manifests.find(digest)
    return manifest >= 0 && refusalOf(protection, { digest, tag: undefined, setAt: 0 }, now) ? [manifest] : []
  })
}
