import type { Engine } from '../engine.ts'
import { type AuditInbox, createAuditInbox } from './append.ts'
import { type AuditCheckpoints, createAuditCheckpoints } from './checkpoints.ts'
import { type AuditChain, type AuditRecords, createAuditRecords } from './records.ts'
import { type AuditRetention, createAuditRetention } from './retention.ts'
import { type AuditSealing, createAuditSealing } from './sealing.ts'
import { type AuditSinks, createAuditSinks } from './sinks.ts'

/** The audit log's tables, each need a port of its own. */
export interface AuditTables {
  readonly inbox: AuditInbox
  readonly sealing: AuditSealing
  readonly records: AuditRecords
  readonly chain: AuditChain
  readonly checkpoints: AuditCheckpoints
  readonly retention: AuditRetention
  readonly sinks: AuditSinks
}

export function createAuditTables(engine: Engine): AuditTables {
  const records = createAuditRecords(engine)
  return {
    inbox: createAuditInbox(engine),
    sealing: createAuditSealing(engine),
    records,
    chain: records,
    checkpoints: createAuditCheckpoints(engine),
    retention: createAuditRetention(engine),
    sinks: createAuditSinks(engine),
  }
}
