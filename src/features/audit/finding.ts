/**
 * edited: its bytes, or the columns beside them, are not what was sealed. reordered: it stands in another's place. gap:
 * records are missing. cut front, cut tail: at the beginning or the end. rehashed: the records since the checkpoint
 * before are not those that were signed. forged checkpoint: its signature is none of our keys'. checkpoint missing: the
 * log says that there was one.
 */
export type AuditFindingKind =
  | 'edited'
  | 'reordered'
  | 'gap'
  | 'cut front'
  | 'cut tail'
  | 'rehashed'
  | 'forged checkpoint'
  | 'checkpoint missing'

export interface AuditFinding {
  readonly kind: AuditFindingKind
  /** The first record that is, or may be, wrong. */
  readonly sequence: number
  readonly detail: string
}

/** What somebody outside wrote down: a checkpoint that a sink received. */
export interface KnownRecord {
  readonly sequence: number
  readonly hash: string
}

export interface AuditVerifyOptions {
  readonly known?: readonly KnownRecord[]
  readonly onFinding?: (finding: AuditFinding) => void
  readonly onProgress?: (records: number, total: number) => void
  readonly signal?: AbortSignal
}
