import type { Clock } from '../../platform/clock/index.ts'
import type { AuditTables, Checkpoint } from '../../stores/metadata/index.ts'
import { EXPIRED_TYPE, systemEntry } from './checkpoint.ts'

export interface ExpiryRules {
  /** Records are kept that long, */
  readonly retentionMs: number
  /** and that much longer while one of the sinks does not have them. */
  readonly undeliveredMs: number
  /** The names of the sinks there are. */
  readonly sinks: readonly string[]
}

export interface ExpiryReport {
  readonly removed: number
  /** The last record that was removed. */
  readonly upTo?: number
  /** Sinks that will never have some of what was removed. */
  readonly missed: readonly string[]
}

type Tables = Pick<AuditTables, 'retention' | 'sinks' | 'inbox' | 'sealing' | 'records'>

/** A transaction. */
const BATCH = 2000

/**
 * Removes the oldest records up to a checkpoint, which stays: what is left is verified from there on. That it happens is
 * in the log before it does, so that a chain whose beginning is missing can tell whether it may be.
 */
export async function expireAudit(
  { tables, clock }: { readonly tables: Tables; readonly clock: Clock },
  rules: ExpiryRules,
  signal: AbortSignal,
): Promise<ExpiryReport> {
  const oldest = await tables.retention.oldest()
  const now = clock()
  const cursors = await cursorsOf(tables, rules.sinks)
  const checkpoint = await expiringCheckpoint(tables, rules, cursors, now)
  if (oldest === undefined || checkpoint === undefined || checkpoint.sequence < oldest)
    return { removed: 0, missed: [] }
  const { sequence: upTo, hash } = checkpoint
  const missed = [...cursors].filter(([, cursor]) => cursor < upTo).map(([name]) => name)
  await announce(tables, systemEntry(EXPIRED_TYPE, now, { from: oldest, upTo, hash, missed }))
  let removed = 0
  while (!signal.aborted) {
    const count = await tables.retention.remove(checkpoint, BATCH)
    removed += count
    if (count < BATCH) break
  }
  return { removed, upTo, missed }
}

async function cursorsOf({ sinks }: Tables, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const known = new Map((await sinks.list()).map(({ name, cursor }) => [name, cursor]))
  return new Map(names.map(name => [name, known.get(name) ?? 0]))
}

async function expiringCheckpoint(
  { retention }: Tables,
  { retentionMs, undeliveredMs }: ExpiryRules,
  cursors: ReadonlyMap<string, number>,
  now: number,
): Promise<Checkpoint | undefined> {
  const delivered = Math.min(Number.MAX_SAFE_INTEGER, ...cursors.values())
  const kept = await retention.checkpointBefore(now - retentionMs, delivered)
  const forced = await retention.checkpointBefore(now - retentionMs - undeliveredMs, Number.MAX_SAFE_INTEGER)
  return (forced?.sequence ?? 0) > (kept?.sequence ?? 0) ? forced : kept
}

/** Resolves when the entry is in the chain. */
async function announce({ inbox, sealing, records }: Tables, entry: ReturnType<typeof systemEntry>): Promise<void> {
  await inbox.record([entry])
  for (;;) {
    const [newest] = await records.find({ type: EXPIRED_TYPE }, { limit: 1 })
    if (newest?.entry.detail?.upTo === entry.detail?.upTo && newest?.entry.at === entry.at) return
    await sealing.seal()
  }
}
