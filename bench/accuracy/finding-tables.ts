import type { ComparedFindings, FindingDifference } from './compare-findings.ts'
import type { BothCompared } from './finding-rounds.ts'
import { table } from './table.ts'

export interface NamedFindings {
  readonly name: string
  readonly findings: BothCompared
}

const HEAD = ['osv-scanner', 'Berth', 'missing', 'more']
const head = (first: string) => [first, ...HEAD, ...HEAD.map(each => `edges: ${each}`)]
type IsWanted = (one: { readonly ecosystem: string }) => boolean

export function findingTables(measured: readonly NamedFindings[]): string {
  const known = measured.map(({ findings }) => findings.known)
  const edges = measured.map(({ findings }) => findings.edges)
  const byImage = measured.map(({ name, findings }) => [
    name,
    ...counts([findings.known], () => true),
    ...counts([findings.edges], () => true),
  ])
  const all = [...known, ...edges].flatMap(({ theirs, ours }) => [...theirs, ...ours])
  const byEcosystem = [...new Set(all.map(each => each.ecosystem))].sort().map(ecosystem => {
    const isOfIt: IsWanted = each => each.ecosystem === ecosystem
    return [ecosystem, ...counts(known, isOfIt), ...counts(edges, isOfIt)]
  })
  const total = ['all', ...counts(known, () => true), ...counts(edges, () => true)]
  return [
    table(head('image'), [...byImage, total]),
    table(head('ecosystem'), byEcosystem),
    measured.flatMap(differencesOf).join('\n'),
  ].join('\n\n')
}

function counts(compared: readonly ComparedFindings[], isWanted: IsWanted): number[] {
  const told = (pick: (one: ComparedFindings) => readonly { ecosystem: string }[]) =>
    compared.flatMap(pick).filter(isWanted).length
  return [told(one => one.theirs), told(one => one.ours), told(one => one.missing), told(one => one.extra)]
}

/** A line for each package and kind of difference. */
function differencesOf({ name, findings }: NamedFindings): readonly string[] {
  const lines = (what: string, differences: readonly FindingDifference[]) =>
    [...Map.groupBy(differences, each => `${each.ecosystem} ${each.package}: ${each.why}`)].map(
      ([of, those]) => `- ${name}: ${what} ${of} (${those.map(({ ids }) => ids[0]).join(', ')})`,
    )
  return [
    ...lines('missing', findings.known.missing),
    ...lines('more', findings.known.extra),
    ...lines('missing at an edge', findings.edges.missing),
    ...lines('more at an edge', findings.edges.extra),
  ]
}
