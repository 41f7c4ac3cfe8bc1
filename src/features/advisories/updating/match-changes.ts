import type { AuditEntry, HitImage, HitRepository, NewFinding, Telling } from '../../../stores/metadata/index.ts'
import { projectOf } from '../../access/index.ts'
import type { Advising } from '../advising.ts'
import { judgePackage } from '../matching/judge.ts'

/** Packages of one transaction: others wait behind it. */
const PART = 20
/** Images that one part tells of by themselves. */
const MOST_IMAGES = 1000
/** Records of one run; beyond it repositories are told of, and beyond that nothing but the end. */
const MOST_RECORDS = 5000
const MOST_NAMED = 10

/** What a run found out. */
export interface Matched {
  readonly packages: number
  readonly found: number
  readonly ended: number
}

/** Findings of packages that nobody looked at yet. Tells nobody: whoever made their inventory does. */
export async function matchPackages(
  advising: Pick<Advising, 'tables' | 'clock'>,
  ids: readonly number[],
): Promise<void> {
  for (let from = 0; from < ids.length; from += PART)
    await advising.tables.matching.settle(ids.slice(from, from + PART), judgePackage, { now: advising.clock() })
}

/** Matches again whatever advisories that changed name, and nothing else; no image is read. */
export async function matchChanges(advising: Advising, signal: AbortSignal): Promise<Matched> {
  const { matching } = advising.tables
  const total = { packages: 0, found: 0, ended: 0 }
  for (const { source, edition } of await matching.pending()) {
    const ids = await matching.packagesNamed(source)
    let told = 0
    for (let from = 0; from < ids.length; from += PART) {
      signal.throwIfAborted()
      const now = advising.clock()
      const telling = told < MOST_RECORDS ? tellingOf(source, now, MOST_RECORDS - told) : undefined
      const settled = await matching.settle(ids.slice(from, from + PART), judgePackage, { now, telling })
      told += settled.told
      total.found += settled.found.length
      total.ended += settled.ended
    }
    total.packages += ids.length
    await matching.matched(source, edition, signal)
  }
  return total
}

function tellingOf(source: string, at: number, left: number): Telling {
  return {
    mostImages: Math.min(MOST_IMAGES, left),
    ofImages: (images, found) => images.map(image => ofImage(image, found, source, at)),
    ofRepositories: (repositories, found) =>
      repositories.slice(0, left).map(each => ofRepository(each, found, source, at)),
  }
}

const BY = { kind: 'system', id: 'advisories', name: 'advisories' } as const

function ofImage(
  { repository, digest, packageIds }: HitImage,
  found: readonly NewFinding[],
  source: string,
  at: number,
) {
  const own = new Set(packageIds)
  const here = found.filter(({ packageId }) => own.has(packageId))
  return {
    ...entryOf(at),
    resource: { project: projectOf({ repository }), repository, digest },
    detail: detailOf(here, source),
  }
}

function ofRepository({ repository, images }: HitRepository, found: readonly NewFinding[], source: string, at: number) {
  return {
    ...entryOf(at),
    resource: { project: projectOf({ repository }), repository },
    count: images,
    detail: { images, ...detailOf(found, source) },
  }
}

function entryOf(at: number): Omit<AuditEntry, 'resource'> {
  return { at, type: 'finding.new', category: 'system', outcome: 'success', actor: BY, origin: {} }
}

function detailOf(found: readonly NewFinding[], source: string) {
  const worst = found.toSorted((a, b) => rankOf(b) - rankOf(a)).slice(0, MOST_NAMED)
  return {
    source,
    findings: found.length,
    severity: worst[0]?.severity ?? 'unknown',
    vulnerabilities: worst.map(({ vulnerability }) => vulnerability),
    packages: [...new Set(worst.map(each => `${each.ecosystem} ${each.package} ${each.version}`))],
    fixedIn: worst.map(({ fixedIn }) => fixedIn ?? 'none'),
    reopened: found.filter(({ isReopened }) => isReopened).length,
  }
}

const ORDER = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical']
const rankOf = ({ severity }: NewFinding) => ORDER.indexOf(severity)
