import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export interface ScanMetrics {
  ended(fact: { readonly outcome: string; readonly durationMs: number }): void
  waiting(count: number): void
}

export function createScanMetrics(registers: Registry[]): ScanMetrics {
  const scans = new Counter({
    name: 'berth_scans_total',
    help: 'Images that were read for what they hold, by what became of it.',
    labelNames: ['outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'berth_scan_seconds',
    help: 'How long reading an image took.',
    labelNames: ['outcome'],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900],
    registers,
  })
  const waiting = new Gauge({
    name: 'berth_scans_waiting',
    help: 'Images that are to be read.',
    registers,
    aggregator: 'max',
  })
  return {
    ended({ outcome, durationMs }) {
      scans.inc({ outcome })
      // What is no image is told at a glance.
      if (outcome !== 'unsupported') seconds.observe({ outcome }, durationMs / 1000)
    },
    waiting: count => waiting.set(count),
  }
}
