import type {
  Candidate,
  FoundVulnerability,
  JudgePackage,
  PackageToJudge,
  Severity,
} from '../../../stores/metadata/index.ts'
import { severityOfScore } from '../formats/severity.ts'
import type { AffectedHead, Head } from '../stored-record.ts'
import { compareText, isDistribution, type Order, orderOf } from '../versions/index.ts'
import { judgeVersion, type Verdict } from './in-range.ts'
import { canonicalOf, type Ids, joined, vulnerabilitiesOf } from './vulnerabilities.ts'

/** One source's word about one vulnerability in the package. */
interface Opinion extends Verdict {
  readonly ids: Ids
  readonly candidate: Candidate
  readonly head: Head
  readonly affected: AffectedHead
  /** A higher one is heard first. */
  readonly authority: number
}

/** Those that a distribution publishes itself speak before copies of them. */
const OF_VENDORS = new Set(['debian', 'secdb', 'csaf'])

/** What a package has, by the advisories that name it: each vulnerability once. */
export const judgePackage: JudgePackage = (subject, candidates, elsewhere) => {
  const isOfDistribution = isDistribution(subject.ecosystem)
  const opinions = candidates.flatMap(candidate => opinionsOf(subject, candidate, isOfDistribution))
  // Of a distribution's advisory the second id is that of a bulletin, which several vulnerabilities share.
  const groups = joined(opinions, ({ ids }) => (isOfDistribution ? ids.slice(0, 1) : ids))
  return groups.flatMap(group => foundOf(group, orderOf(subject.ecosystem))).map(found => rated(found, elsewhere))
}

/** How severe others say that it is, where nobody who speaks of the package does. */
function rated(found: FoundVulnerability, elsewhere: Parameters<JudgePackage>[2]): FoundVulnerability {
  if (found.severity !== 'unknown') return found
  const heads = (elsewhere?.get(found.vulnerability) ?? []).flatMap(({ id, head: text }) => {
    const head = JSON.parse(text) as Head
    // A bulletin about several says how severe the worst is.
    const isAboutIt = [id, ...head.aliases].includes(found.vulnerability) || head.upstream.length === 1
    return isAboutIt && !head.isWithdrawn ? [head] : []
  })
  const scores = heads.flatMap(({ score }) => score ?? [])
  const cvssScore = found.cvssScore ?? (scores.length > 0 ? Math.max(...scores) : undefined)
  const word = heads.find(({ severity }) => severity !== undefined)?.severity
  return { ...found, cvssScore, severity: word ?? severityOfScore(cvssScore) }
}

function opinionsOf(subject: PackageToJudge, candidate: Candidate, isOfDistribution: boolean): readonly Opinion[] {
  const version = versionFor(subject, candidate.name)
  if (version === undefined) return []
  const head = JSON.parse(candidate.head) as Head
  if (head.isWithdrawn) return []
  const affected = JSON.parse(candidate.affected) as AffectedHead
  const verdict =
    affected.status === 'not affected'
      ? { isAffected: false }
      : judgeVersion(version, affected, orderOf(subject.ecosystem))
  const authority = OF_VENDORS.has(candidate.format) ? 1 : 0
  // Who is no authority has nothing to say about what is not affected.
  if (!verdict.isAffected && authority === 0) return []
  return vulnerabilitiesOf(candidate.id, head, isOfDistribution).map(ids => ({
    ids,
    candidate,
    head,
    affected,
    authority,
    ...verdict,
  }))
}

/** Debian, Ubuntu, Alpine and their kind speak of source packages; those of rpm may speak of either. */
function versionFor({ ecosystem, name, version, source }: PackageToJudge, named: string): string | undefined {
  if (source && named === source.name) return source.version
  if (named !== name) return undefined
  return source && SPEAK_OF_SOURCES.test(ecosystem) ? undefined : version
}

const SPEAK_OF_SOURCES = /^(Debian|Ubuntu|Alpine|Wolfi|Chainguard|Alpaquita|MinimOS|Echo)(:|$)/

function foundOf(said: readonly Opinion[], order: Order): readonly FoundVulnerability[] {
  const group = said.toSorted(
    (a, b) => compareText(a.candidate.source, b.candidate.source) || compareText(a.candidate.id, b.candidate.id),
  )
  const highest = Math.max(...group.map(({ authority }) => authority))
  const heard = group.filter(({ authority }) => authority === highest)
  if (heard.some(({ affected }) => affected.status === 'not affected')) return []
  // Several records of one authority: as long as one of them holds, it is affected.
  const holding = heard.filter(({ isAffected }) => isAffected)
  const teller = holding[0]
  if (!teller) return []
  const tellers = [...holding, ...group.filter(opinion => opinion.isAffected && !holding.includes(opinion))]
  const ids = [...new Set(group.flatMap(opinion => [...opinion.ids, opinion.candidate.id]))]
  const vulnerability = canonicalOf(ids)
  const cvssScore = first(tellers, ({ affected, head }) => affected.score ?? head.score)
  const word = first(tellers, ({ affected, head }): Severity | undefined => affected.severity ?? head.severity)
  return [
    {
      vulnerability,
      ids: [vulnerability, ...ids.filter(id => id !== vulnerability).toSorted()],
      severity: word ?? severityOfScore(cvssScore),
      cvssScore,
      fixedIn: lastFix(holding, order) ?? lastFix(tellers, order),
      summary: first(tellers, ({ head }) => head.summary || undefined) ?? '',
      url: first(tellers, ({ head }) => head.url),
      source: teller.candidate.source,
    },
  ]
}

/** As long as one of them holds, it is affected: the last of their fixes ends that. */
function lastFix(opinions: readonly Opinion[], order: Order): string | undefined {
  return opinions
    .flatMap(({ fixedIn }) => fixedIn ?? [])
    .toSorted(order)
    .at(-1)
}

function first<Value>(opinions: readonly Opinion[], read: (opinion: Opinion) => Value | undefined): Value | undefined {
  for (const opinion of opinions) {
    const value = read(opinion)
    if (value !== undefined) return value
  }
  return undefined
}
