import { Counter, type Registry } from 'prom-client'

/** A run of a retention policy that ended. */
export interface RetentionFact {
  readonly isDryRun: boolean
  readonly outcome: string
  readonly deleted: number
  readonly freedBytes: number
}

export function createRetentionMetrics(registers: Registry[]): (fact: RetentionFact) => void {
  const runs = new Counter({
    name: 'berth_retention_runs_total',
    help: 'Runs of retention policies, by what became of them.',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const deleted = new Counter({
    name: 'berth_retention_deleted_images_total',
    help: 'Images that retention deleted or took tags from.',
    registers,
  })
  const freed = new Counter({
    name: 'berth_retention_freed_bytes_total',
    help: 'Bytes that nothing needs any more since retention ran; garbage collection frees them.',
    registers,
  })
  return fact => {
    runs.inc({ kind: fact.isDryRun ? 'dry' : 'real', outcome: fact.outcome })
    // It says what it would have deleted.
    if (fact.isDryRun || fact.outcome === 'fuse') return
    deleted.inc(fact.deleted)
    freed.inc(fact.freedBytes)
  }
}
