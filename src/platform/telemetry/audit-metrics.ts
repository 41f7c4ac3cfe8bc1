import { Counter, Gauge, type Registry } from 'prom-client'

/** How the audit log does. */
export interface AuditMetrics {
  /** Pulls, sign-ins or refusals that were lost, because the database could not be written to for too long. */
  dropped(entries: number): void
  writeFailed(): void
  delivered(sink: string, records: number): void
  deliveryFailed(sink: string): void
  missed(sink: string, records: number): void
  /** Undefined when another process may deliver from here on. */
  lag(sink: string, lag: { readonly records: number; readonly seconds: number } | undefined): void
}

export function createAuditMetrics(registers: Registry[]): AuditMetrics {
  const dropped = new Counter({
    name: 'berth_audit_dropped_entries_total',
    help: 'Pulls, sign-ins and refusals that could not be recorded.',
    registers,
  })
  const writeFailures = new Counter({
    name: 'berth_audit_write_failures_total',
    help: 'Times that the database did not take what was to be recorded; it is tried again.',
    registers,
  })
  const labelNames = ['sink'] as const
  const delivered = new Counter({
    name: 'berth_audit_sink_delivered_records_total',
    help: 'Audit records that a sink has confirmed.',
    labelNames,
    registers,
  })
  const failures = new Counter({
    name: 'berth_audit_sink_failures_total',
    help: 'Deliveries that failed; they are tried again.',
    labelNames,
    registers,
  })
  const missed = new Counter({
    name: 'berth_audit_sink_missed_records_total',
    help: 'Audit records that a sink will never have: refused by it for good, or removed before it had them.',
    labelNames,
    registers,
  })
  const lagRecords = new Gauge({
    name: 'berth_audit_sink_lag_records',
    help: 'Audit records that a sink does not have yet; from the process that delivers.',
    labelNames,
    registers,
  })
  const lagSeconds = new Gauge({
    name: 'berth_audit_sink_lag_seconds',
    help: 'The age of the oldest audit record that a sink does not have yet.',
    labelNames,
    registers,
  })
  return {
    dropped: entries => dropped.inc(entries),
    writeFailed: () => writeFailures.inc(),
    delivered: (sink, records) => delivered.inc({ sink }, records),
    deliveryFailed: sink => failures.inc({ sink }),
    missed: (sink, records) => missed.inc({ sink }, records),
    lag(sink, lag) {
      if (lag) {
        lagRecords.set({ sink }, lag.records)
        lagSeconds.set({ sink }, lag.seconds)
      } else {
        lagRecords.remove({ sink })
        lagSeconds.remove({ sink })
      }
    },
  }
}
