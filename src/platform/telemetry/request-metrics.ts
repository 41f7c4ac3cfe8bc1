import type { Registry } from 'prom-client'

/** Upper bounds of the histogram's buckets, in seconds. */
const BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600] as const
const MAX_SERIES = 1000
const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'])

const COUNTER = { name: 'berth_http_requests_total', help: 'Requests answered.' }
const HISTOGRAM = {
  name: 'berth_http_request_duration_seconds',
  help: 'From the request line to the beginning of the answer.',
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}

class Durations {
  readonly inBuckets = new Array<number>(BUCKETS.length + 1).fill(0)
  sumSeconds = 0

  observe(seconds: number): void {
    let index = 0
    while (index < BUCKETS.length && seconds > (BUCKETS[index] as number)) index += 1
    this.inBuckets[index] = (this.inBuckets[index] as number) + 1
    this.sumSeconds += seconds
  }

  values(route: string): Value[] {
    const { name } = HISTOGRAM
    let count = 0
    const buckets = this.inBuckets.map((inBucket, index) => {
      count += inBucket
      return { metricName: `${name}_bucket`, labels: { route, le: BUCKETS[index] ?? '+Inf' }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: { route }, value: this.sumSeconds },
      { metricName: `${name}_count`, labels: { route }, value: count },
    ]
  }
}

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly durations: Durations
  count: number
}

/**
 * Counts every request. prom-client hashes labels at each count, which on the shortest requests is a tenth of the
 * work; here numbers are added up and handed to its registry when it is asked for them.
 */
export class RequestMetrics {
  readonly #series = new Map<string, Map<number, Series>>()
  readonly #durations = new Map<string, Durations>()
  #size = 0

  constructor(registry: Registry) {
    register(registry, { ...COUNTER, type: 'counter', values: () => this.#counts() })
    register(registry, { ...HISTOGRAM, type: 'histogram', values: () => this.#histogram() })
  }

  count(route: string, method: string, status: number, seconds: number): void {
    const series = this.#series.get(`${route} ${method}`)?.get(status) ?? this.#newSeries(route, method, status)
    series.count += 1
    series.durations.observe(seconds)
  }

  #newSeries(route: string, method: string, status: number): Series {
    // Anybody may make methods up; nobody may fill the memory with them.
    const known = METHODS.has(method) && this.#size < MAX_SERIES ? method : 'OTHER'
    const key = `${route} ${known}`
    const byStatus = this.#series.get(key) ?? new Map<number, Series>()
    this.#series.set(key, byStatus)
    const existing = byStatus.get(status)
    if (existing) return existing
    const durations = this.#durations.get(route) ?? new Durations()
    this.#durations.set(route, durations)
    const series = { labels: { route, method: known, status: String(status) }, durations, count: 0 }
    byStatus.set(status, series)
    this.#size += 1
    return series
  }

  #counts(): Value[] {
    return [...this.#series.values()].flatMap(byStatus =>
      [...byStatus.values()].map(({ labels, count }) => ({ labels, value: count })),
    )
  }

  #histogram(): Value[] {
    return [...this.#durations].flatMap(([route, durations]) => durations.values(route))
  }
}

/** prom-client's registry takes whatever has a name and gives its values; its types know its own classes only. */
function register(
  registry: Registry,
  { values, ...metric }: { name: string; help: string; type: 'counter' | 'histogram'; values: () => Value[] },
): void {
  const get = async () => ({ ...metric, aggregator: 'sum', values: values() })
  registry.registerMetric({ ...metric, get } as never)
}
