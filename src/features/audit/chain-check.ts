import { createHash } from 'node:crypto'
import type { AuditEntry, AuditHead, ChainRow, Checkpoint } from '../../stores/metadata/index.ts'
import { CHECKPOINT_TYPE, type CheckpointVerifier, EXPIRED_TYPE, isSignedBy } from './checkpoint.ts'
import type { AuditFinding, AuditFindingKind, AuditVerifyOptions } from './finding.ts'

const NO_HASH = '0'.repeat(64)

interface Body {
  readonly sequence: number
  readonly previousHash: string
  readonly entry: AuditEntry
}

/** Takes records and checkpoints in the order of their sequences and finds what does not fit. */
export class ChainCheck {
  readonly #options: AuditVerifyOptions
  readonly #known: ReadonlyMap<number, string>
  /** Of the last record; what is before the first one is not known. */
  #hash: string | undefined = NO_HASH
  /** The last record that a checkpoint agrees with. */
  #agreed = 0
  #expiredUpTo = 0
  /** Checkpoints whose own record has not come yet: few, as it is written with them. */
  readonly #unrecorded = new Map<number, Checkpoint>()
  #anchor: Checkpoint | undefined
  sequence = 0
  records = 0
  findings = 0
  first: number | undefined
  firstWrong: number | undefined

  constructor(options: AuditVerifyOptions) {
    this.#options = options
    this.#known = new Map((options.known ?? []).map(({ sequence, hash }) => [sequence, hash]))
  }

  /** @param begins whether no older record is there, so that the chain begins with this one. */
  record(row: ChainRow, begins: boolean): void {
    const { sequence, hash } = row
    if (begins) this.#begin(sequence)
    else if (sequence !== this.sequence + 1) {
      const missing = `${this.sequence + 1} to ${sequence - 1}`
      this.#find('gap', this.sequence + 1, `records ${missing} are missing`)
      this.#hash = undefined
    }
    this.first ??= sequence
    this.sequence = sequence
    this.records += 1
    this.#content(row)
    const known = this.#known.get(sequence)
    if (known !== undefined && known !== hash)
      this.#find('rehashed', this.#agreed + 1, `record ${sequence} is not the one that was written down`)
    this.#hash = hash
  }

  async checkpoint(checkpoint: Checkpoint, verifier: CheckpointVerifier | undefined): Promise<void> {
    const { sequence, hash, keyId } = checkpoint
    this.#unrecorded.set(sequence, checkpoint)
    if (verifier !== undefined && !(await isSignedBy(verifier, checkpoint))) {
      this.#find('forged checkpoint', sequence, `the signature of key "${keyId}" does not fit the checkpoint`)
      return
    }
    // Of a record that is not there: perhaps the last one that retention took.
    if (sequence !== this.sequence) {
      this.#anchor = checkpoint
      return
    }
    if (hash !== this.#hash) {
      const since = this.#agreed + 1
      this.#find('rehashed', since, `records ${since} to ${sequence} are not those that were signed at ${sequence}`)
    }
    this.#agreed = sequence
  }

  /** Retention announced that it takes what is up to there. */
  expired(upTo: number): void {
    this.#expiredUpTo = Math.max(this.#expiredUpTo, upTo)
  }

  /** @param head what the log says its last record is. */
  end(head: AuditHead): void {
    if (this.sequence < head.sequence)
      this.#find('cut tail', this.sequence + 1, `the log ends with ${this.sequence}, and has had ${head.sequence}`)
    else if (head.sequence > 0 && this.#hash !== head.hash)
      this.#find('edited', head.sequence, `record ${head.sequence} is not the one that was sealed last`)
    const before = (this.first ?? 1) - 1
    if (before > this.#expiredUpTo)
      this.#find(
        'cut front',
        this.#expiredUpTo + 1,
        `records up to ${before} are missing, and retention took none of them`,
      )
    else if (before > 0 && before === this.#expiredUpTo && this.#anchor?.sequence !== before)
      this.#find('checkpoint missing', before, 'the checkpoint that the rest is anchored to is not there')
  }

  /** Something tells of a record that is later than the last. */
  beyond(now: AuditHead, sequence: number, teller: string): void {
    this.#find(
      'cut tail',
      now.sequence + 1,
      `${teller} is at record ${sequence}, and the log ends with ${now.sequence}`,
    )
  }

  #begin(sequence: number): void {
    this.first = sequence
    this.#agreed = Math.max(this.#agreed, sequence - 1)
    this.#hash = this.#anchor?.sequence === sequence - 1 ? this.#anchor.hash : undefined
  }

  #content({ sequence, hash, body, fits }: ChainRow): void {
    const isWhole = createHash('sha256').update(body).digest('hex') === hash
    const told = isWhole ? (JSON.parse(body) as Body) : undefined
    if (!told) this.#find('edited', sequence, 'its bytes are not those that were hashed')
    else if (told.sequence !== sequence) this.#find('reordered', sequence, `it was sealed as record ${told.sequence}`)
    else if (!fits) this.#find('edited', sequence, 'what it is searched by is not what it says')
    if (!told) return
    if (this.#hash !== undefined && told.previousHash !== this.#hash) {
      const wrong = Math.max(1, sequence - 1)
      this.#find('edited', wrong, `its hash is not the one that record ${sequence} carries`)
    }
    const { type, detail } = told.entry
    if (type === EXPIRED_TYPE && typeof detail?.upTo === 'number') this.expired(detail.upTo)
    if (type === CHECKPOINT_TYPE && typeof detail?.sequence === 'number') this.#recorded(detail.sequence, detail)
  }

  #recorded(sequence: number, detail: NonNullable<AuditEntry['detail']>): void {
    const checkpoint = this.#unrecorded.get(sequence)
    this.#unrecorded.delete(sequence)
    if (checkpoint?.hash === detail.hash && checkpoint?.signature === detail.signature) return
    // One from before the first record went with retention.
    if (sequence < (this.first ?? 1)) return
    this.#find('checkpoint missing', sequence, `the checkpoint at ${sequence} is not there as it was made`)
  }

  #find(kind: AuditFindingKind, sequence: number, detail: string): void {
    this.findings += 1
    this.firstWrong = Math.min(this.firstWrong ?? sequence, sequence)
    const finding: AuditFinding = { kind, sequence, detail }
    this.#options.onFinding?.(finding)
  }
}
