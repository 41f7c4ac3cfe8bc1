import { type Bound, isKept } from './bounds/bound.ts'
import { type Compared, type Figures, median } from './measure.ts'
import type { RegistryName } from './registries.ts'

const OTHERS = ['zot', 'distribution'] as const

interface Ratio {
  readonly toBetter: number | undefined
  readonly kept: boolean | undefined
}

/** The ratio of medians to the better of the others. Undefined when there is no other. */
function ratioOf({ comparison, figures }: Compared): Ratio {
  const rates = OTHERS.flatMap(name => figures.get(name) ?? []).map(each => median(each.rates))
  const own = figures.get('berth')
  if (rates.length === 0 || !own) return { toBetter: undefined, kept: undefined }
  const toBetter = median(own.rates) / Math.max(...rates)
  return { toBetter, kept: comparison.target === undefined ? undefined : toBetter >= comparison.target }
}

export function comparisonTable(compared: readonly Compared[]): string {
  const rows = compared.map(each => {
    const { toBetter, kept } = ratioOf(each)
    const { comparison, figures, diskRates, failures } = each
    return [
      comparison.name,
      ...(['berth', ...OTHERS] as const).map(name =>
        failures.has(name) ? 'failed' : rateOf(figures.get(name), comparison.unit),
      ),
      diskRates.length > 0 ? rateText(diskRates, comparison.unit) : '',
      toBetter === undefined ? '' : `${toBetter.toFixed(2)}×`,
      comparison.target === undefined ? '' : `≥ ${comparison.target}×`,
      verdict(kept),
    ]
  })
  return markdown(
    ['work per second (least–most)', 'Berth', 'zot', 'distribution', 'disk', 'to the better', 'aim', ''],
    rows,
  )
}

export function costTable(compared: readonly Compared[]): string {
  const names: readonly RegistryName[] = ['berth', ...OTHERS]
  const rows = compared.map(({ comparison, figures }) => [
    comparison.name,
    ...names.map(name => processorText(figures.get(name), comparison.unit)),
    ...names.map(name => figures.get(name)?.peakMiB.toFixed(0) ?? ''),
  ])
  return markdown(
    [
      'processor time for one unit; peak MiB of memory',
      'Berth',
      'zot',
      'distribution',
      'Berth MiB',
      'zot MiB',
      'distribution MiB',
    ],
    rows,
  )
}

export function boundTable(bounds: readonly Bound[]): string {
  const rows = bounds.map(bound => [
    bound.name,
    `${bound.figure.toFixed(2)} ${bound.unit}`,
    aimOf(bound),
    verdict(isKept(bound)),
  ])
  return markdown(['Berth alone', 'measured', 'aim', ''], rows)
}

function aimOf({ least, most, unit }: Bound): string {
  if (least !== undefined) return `≥ ${least} ${unit}`
  return most === undefined ? '' : `≤ ${most} ${unit}`
}

export function failureList(compared: readonly Compared[]): readonly string[] {
  return compared.flatMap(({ comparison, failures }) =>
    [...failures].map(([name, said]) => `${comparison.name}: ${name} failed: ${said.trim().slice(-200)}`),
  )
}

export function misses(compared: readonly Compared[], bounds: readonly Bound[]): readonly string[] {
  return [
    ...compared.filter(each => ratioOf(each).kept === false).map(each => each.comparison.name),
    ...bounds.filter(bound => !isKept(bound)).map(bound => bound.name),
  ]
}

function verdict(kept: boolean | undefined): string {
  if (kept === undefined) return ''
  return kept ? 'reached' : '**missed**'
}

function rateOf(figures: Figures | undefined, unit: string): string {
  return figures ? rateText(figures.rates, unit) : 'not measured'
}

function rateText(rates: readonly number[], unit: string): string {
  const text = (rate: number) => (rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3))
  return `${text(median(rates))} ${unit} (${text(Math.min(...rates))}–${text(Math.max(...rates))})`
}

function processorText(figures: Figures | undefined, unit: string): string {
  if (!figures) return ''
  const ms = median(figures.processorMsPerUnit)
  const each = unit === 'requests' ? 'request' : unit
  return ms < 1 ? `${(ms * 1000).toFixed(0)} µs/${each}` : `${ms.toFixed(1)} ms/${each}`
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
