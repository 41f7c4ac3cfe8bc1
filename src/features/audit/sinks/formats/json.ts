import type { AuditRecord } from '../../../../stores/metadata/index.ts'
import { visible, visibleJson } from './visible.ts'

/**
 * The record as it is hashed, with its hash in front: take `"hash":"…",` away, undo the escapes of what cannot be seen,
 * and what is left has that SHA-256. One line.
 */
export function jsonLine(record: AuditRecord, truncated = false): string {
  if (!truncated) return `{"hash":"${record.hash}",${visible(record.body.slice(1))}`
  const { sequence, id, previousHash, hash, entry } = record
  return visibleJson({ hash, version: 1, truncated: true, sequence, id, previousHash, entry })
}
