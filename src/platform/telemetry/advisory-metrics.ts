import { Counter, Gauge, type Registry } from 'prom-client'

/** What is known of advisories when somebody asks. */
export interface AdvisoryFigures {
  readonly sources: readonly {
    readonly id: string
    readonly ageMs: number | undefined
    readonly isStale: boolean
    readonly records: number
  }[]
  /** Findings by severity. */
  readonly findings: Readonly<Record<string, number>>
}

export interface AdvisoryMetrics {
  /** Advisories that changed were matched. */
  matched(fact: { readonly packages: number; readonly found: number; readonly ended: number }): void
  /** From now on figures are asked of `read` whenever somebody wants them. */
  readBy(read: () => Promise<AdvisoryFigures>): void
}

/** Every process tells the same figures of the database. */
const aggregator = 'max'

export function createAdvisoryMetrics(registers: Registry[]): AdvisoryMetrics {
  const changes = new Counter({
    name: 'berth_findings_total',
    help: 'Findings in packages that came with an update of advisories, and that ended with one.',
    labelNames: ['change'],
    registers,
  })
  return {
    matched({ found, ended }) {
      changes.inc({ change: 'found' }, found)
      changes.inc({ change: 'ended' }, ended)
    },
    readBy(read) {
      const gauge = (
        name: string,
        help: string,
        label: string,
        values: (figures: AdvisoryFigures) => [string, number][],
      ) =>
        new Gauge({
          name,
          help,
          labelNames: [label],
          registers,
          aggregator,
          async collect() {
            this.reset()
            for (const [value, number] of values(await read())) this.set({ [label]: value }, number)
          },
        })
      gauge(
        'berth_advisories_age_seconds',
        'Since a source was last known to be up to date.',
        'source',
        ({ sources }) =>
          sources.flatMap(({ id, ageMs }) => (ageMs === undefined ? [] : [[id, ageMs / 1000] as [string, number]])),
      )
      gauge('berth_advisories_stale', '1: the source is older than advisories.staleDays.', 'source', ({ sources }) =>
        sources.map(({ id, isStale }) => [id, Number(isStale)]),
      )
      gauge('berth_advisories_records', 'Records of a source that count.', 'source', ({ sources }) =>
        sources.map(({ id, records }) => [id, records]),
      )
      gauge('berth_findings', 'Vulnerabilities in packages, by severity.', 'severity', ({ findings }) =>
        Object.entries(findings),
      )
    },
  }
}
