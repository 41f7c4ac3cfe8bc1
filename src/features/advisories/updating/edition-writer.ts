import type { Claim, Written } from '../../../stores/metadata/index.ts'
import type { Advising } from '../advising.ts'
import type { Advisory } from '../advisory.ts'
import { BadRecord, type Heard } from '../formats/index.ts'
import { toRecord } from '../stored-record.ts'

/** Of one transaction: others wait behind it. */
const PART = 200
/** A writer that is not heard of for so long is taken for dead. */
export const CLAIM_MS = 120_000

export interface Used {
  readonly source: string
  readonly format: string
  readonly records: number
  /** Records that are new or say something else, and those that are gone. */
  readonly changed: number
}

/** Writes what is heard of one source as its next edition, which counts when all of it was heard. */
export class EditionWriter {
  readonly #advising: Advising
  readonly #claim: Claim
  readonly #format: string
  /** Of rows that still hold. */
  readonly #rows = new Set<number>()
  #waiting: Advisory[] = []
  #records = 0
  #changed = 0
  #newestAt: number | undefined

  constructor(advising: Advising, claim: Claim, format: string) {
    this.#advising = advising
    this.#claim = claim
    this.#format = format
  }

  get records(): number {
    return this.#records
  }

  async take({ format, advisories = [], predictions = [], exploited = [], madeAt }: Heard): Promise<void> {
    if (format !== this.#format)
      throw new BadRecord(`${this.#claim.source} has records of two formats, ${this.#format} and ${format}`)
    const { editions } = this.#advising.tables
    this.#heardOf(madeAt)
    for (const advisory of advisories) {
      this.#heardOf(advisory.modified)
      this.#waiting.push(advisory)
      if (this.#waiting.length >= PART) await this.#flush()
    }
    if (predictions.length > 0) await editions.writePredictions(this.#claim, predictions, this.#until())
    if (exploited.length > 0) await editions.writeExploited(this.#claim, exploited, this.#until())
    this.#records += advisories.length + predictions.length + exploited.length
    this.#changed += predictions.length + exploited.length
  }

  /** @throws BadRecord when there was nothing: no source is empty. */
  async use(answered: { origin: string; etag?: string | undefined; lastModified?: string | undefined }): Promise<Used> {
    await this.#flush()
    const { source } = this.#claim
    if (this.#records === 0) throw new BadRecord(`There is no record of ${source}`)
    const { editions, sources } = this.#advising.tables
    this.#changed += await editions.endOthers(this.#claim, row => this.#rows.has(row), this.#until())
    const at = this.#advising.clock()
    if (this.#changed === 0) await sources.unchanged(this.#claim, { at, ...answered })
    else await editions.use(this.#claim, { at, ...answered, records: this.#records, newestAt: this.#newestAt })
    return { source, format: this.#format, records: this.#records, changed: this.#changed }
  }

  async fail(problem: string): Promise<void> {
    await this.#advising.tables.sources.failed(this.#claim, this.#advising.clock(), problem)
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const records = this.#waiting.map(toRecord)
    this.#waiting = []
    const { rows, changed }: Written = await this.#advising.tables.editions.write(this.#claim, records, this.#until())
    for (const row of rows) this.#rows.add(row)
    this.#changed += changed
  }

  #heardOf(at: number | undefined): void {
    if (at !== undefined && at > (this.#newestAt ?? 0)) this.#newestAt = at
  }

  #until(): number {
    return this.#advising.clock() + CLAIM_MS
  }
}
