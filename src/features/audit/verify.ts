import type { AuditHead, AuditTables, Checkpoint } from '../../stores/metadata/index.ts'
import { ChainCheck } from './chain-check.ts'
import { type CheckpointVerifier, EXPIRED_TYPE } from './checkpoint.ts'
import type { AuditVerifyOptions, KnownRecord } from './finding.ts'

export interface AuditVerification {
  readonly tables: Pick<AuditTables, 'chain' | 'records' | 'checkpoints' | 'retention' | 'sinks'>
  /** Undefined when no keys are at hand: then signatures are not checked, and the report says so. */
  readonly verifier: CheckpointVerifier | undefined
}

export interface AuditVerifyReport {
  readonly records: number
  readonly checkpoints: number
  readonly signaturesChecked: boolean
  readonly findings: number
  /** The lowest sequence of any finding. */
  readonly firstWrong?: number
  /** Oldest record; above 1 when retention removed what was before. */
  readonly first?: number
  readonly head: AuditHead
}

const PAGE = 1000

/**
 * Goes through the whole chain, in constant memory and beside a server that goes on writing it. What it cannot see is
 * a log that was cut at its end with its checkpoints and every sink's cursor: for that, `known` is there.
 */
export async function verifyAudit(
  { tables, verifier }: AuditVerification,
  options: AuditVerifyOptions = {},
): Promise<AuditVerifyReport> {
  const head = await tables.records.head()
  const check = new ChainCheck(options)
  const checkpoints = await MergedCheckpoints.open(tables.checkpoints, checkpoint =>
    check.checkpoint(checkpoint, verifier),
  )
  await checkRecords(tables, checkpoints, check, head, options)
  if (!options.signal?.aborted) {
    await allowExpired(tables, check, head)
    check.end(head)
    await checkTail(tables, checkpoints, check, options.known ?? [])
  }
  return {
    records: check.records,
    checkpoints: checkpoints.passed,
    signaturesChecked: verifier !== undefined,
    findings: check.findings,
    ...(check.firstWrong === undefined ? {} : { firstWrong: check.firstWrong }),
    ...(check.first === undefined ? {} : { first: check.first }),
    head,
  }
}

type Tables = AuditVerification['tables']

async function checkRecords(
  tables: Tables,
  checkpoints: MergedCheckpoints,
  check: ChainCheck,
  head: AuditHead,
  { signal, onProgress }: AuditVerifyOptions,
): Promise<void> {
  while (check.sequence < head.sequence && !signal?.aborted) {
    const rows = (await tables.chain.rows(check.sequence, PAGE)).filter(row => row.sequence <= head.sequence)
    if (rows.length === 0) return
    for (const row of rows) {
      // Retention may have gone past, so the oldest that there is now is where the chain begins.
      const begins = row.sequence !== check.sequence + 1 && (await tables.retention.oldest()) === row.sequence
      if (checkpoints.isReached(row.sequence - 1)) await checkpoints.pass(row.sequence - 1)
      check.record(row, begins)
      if (checkpoints.isReached(row.sequence)) await checkpoints.pass(row.sequence)
    }
    onProgress?.(check.records, head.sequence)
  }
}

/** Retention that was announced since the beginning was not come by. */
async function allowExpired(tables: Tables, check: ChainCheck, head: AuditHead): Promise<void> {
  const [newest] = await tables.records.find({ type: EXPIRED_TYPE }, { limit: 1 })
  const upTo = newest?.entry.detail?.upTo
  if (newest && newest.sequence > head.sequence && typeof upTo === 'number') check.expired(upTo)
}

/** Whoever tells of a later record than there is. */
async function checkTail(
  tables: Tables,
  checkpoints: MergedCheckpoints,
  check: ChainCheck,
  known: readonly KnownRecord[],
): Promise<void> {
  const now = await tables.records.head()
  for await (const { sequence } of checkpoints.rest())
    if (sequence > now.sequence) check.beyond(now, sequence, 'a checkpoint')
  for (const { name, cursor } of await tables.sinks.list())
    if (cursor > now.sequence) check.beyond(now, cursor, `the sink ${name}`)
  for (const { sequence } of known) if (sequence > now.sequence) check.beyond(now, sequence, 'what was written down')
}

/** All checkpoints in their order, each handed on when the chain has reached it. */
class MergedCheckpoints {
  readonly #all: AsyncGenerator<Checkpoint, void>
  readonly #reached: (checkpoint: Checkpoint) => Promise<void>
  #next: Checkpoint | undefined
  passed = 0

  private constructor(all: AsyncGenerator<Checkpoint, void>, reached: (checkpoint: Checkpoint) => Promise<void>) {
    this.#all = all
    this.#reached = reached
  }

  static async open(checkpoints: Tables['checkpoints'], reached: (checkpoint: Checkpoint) => Promise<void>) {
    const merged = new MergedCheckpoints(allCheckpoints(checkpoints), reached)
    await merged.#advance()
    return merged
  }

  isReached(sequence: number): boolean {
    return this.#next !== undefined && this.#next.sequence <= sequence
  }

  async pass(sequence: number): Promise<void> {
    while (this.#next !== undefined && this.#next.sequence <= sequence) {
      this.passed += 1
      await this.#reached(this.#next)
      await this.#advance()
    }
  }

  async *rest(): AsyncGenerator<Checkpoint, void> {
    for (; this.#next !== undefined; await this.#advance()) yield this.#next
  }

  async #advance(): Promise<void> {
    const { value } = await this.#all.next()
    this.#next = value ?? undefined
  }
}

async function* allCheckpoints(
  checkpoints: AuditVerification['tables']['checkpoints'],
): AsyncGenerator<Checkpoint, void> {
  let after = 0
  for (;;) {
    const page = await checkpoints.after(after, PAGE)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last.sequence
  }
}
