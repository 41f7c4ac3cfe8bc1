export type { AuditMetrics } from './audit-metrics.ts'
export { createLog, type Log, type LogLevel } from './log.ts'
export { createMetrics, type Metrics, mergeMetrics } from './metrics.ts'
