import type { RepositoryRow, RetentionReading } from '../../../stores/metadata/index.ts'
import type { RetentionItem, RetentionReport, RetentionTask, RunRetention } from '../run-port.ts'
import { type Deleting, deleteImages } from './delete-images.ts'
import { FreedBytes } from './freed-bytes.ts'
import { imagesOf } from './images.ts'
import { itemsOf } from './items.ts'
import { planRepository, type RepositoryPlan } from './plan-repository.ts'
import type { RetentionEngine } from './retention-engine.ts'
import { type RuleHere, rulesFor } from './rules-here.ts'

/**
 * Previews and runs are one thing: both decide by the same facts and tell of the same items, repository by repository; a
 * run that is no dry run counts first, which may blow the fuse, and then deletes what it tells of. One that is ended in
 * its middle has done a part of the work, and the next goes on.
 */
export function createRunRetention(engine: RetentionEngine): RunRetention {
  return async (task, options) => {
    const run = new Run(engine, task, options)
    if (options.isDryRun) await engine.facts.atOneMoment(reading => run.all(reading, plan => run.tell(reading, plan)))
    else if (!(await run.blowsFuse())) await run.deleteAll()
    return run.report()
  }
}

type Options = Parameters<RunRetention>[1]

class Run {
  readonly #engine: RetentionEngine
  readonly #task: RetentionTask
  readonly #options: Options
  readonly #rulesOf: (repository: string) => readonly RuleHere[]
  readonly #now: number
  readonly #deletion = crypto.randomUUID()
  readonly #freed = new FreedBytes()
  readonly #counts = { kept: 0, deleted: 0, freedBytes: 0 }
  #entries = 0
  #going = 0

  constructor(engine: RetentionEngine, task: RetentionTask, options: Options) {
    this.#engine = engine
    this.#task = task
    this.#options = options
    this.#rulesOf = rulesFor(task.policy)
    this.#now = engine.clock()
  }

  /** Every repository in turn, as all of them are at one moment. */
  async all(reading: RetentionReading, work: (plan: RepositoryPlan) => Promise<void>): Promise<void> {
    for await (const repositories of reading.repositories(this.#task.project)) {
      for (const repository of repositories) {
        if (this.#options.signal.aborted) return
        const plan = await this.#plan(reading, repository)
        this.#entries += plan.verdicts.length
        this.#going += plan.going
        await work(plan)
      }
    }
  }

  async tell(reading: RetentionReading, plan: RepositoryPlan): Promise<void> {
    for await (const images of imagesOf(reading, plan, this.#freed)) {
      if (this.#options.signal.aborted) return
      for (const image of images)
        for (const item of itemsOf(this.#task.policy, plan, image, { now: this.#now })) await this.#told(item)
    }
  }

  async blowsFuse(): Promise<boolean> {
    await this.#engine.facts.atOneMoment(reading => this.all(reading, async () => undefined))
    return this.#isFuseBlown()
  }

  /** Each repository as it is when its turn comes. */
  async deleteAll(): Promise<void> {
    const { facts } = this.#engine
    for (const repository of await facts.atOneMoment(reading => this.#repositories(reading))) {
      if (this.#options.signal.aborted) return
      await facts.atOneMoment(async reading => this.#delete(reading, await this.#plan(reading, repository)))
    }
  }

  report(): RetentionReport {
    const isStopped = this.#options.signal.aborted
    const outcome = isStopped ? 'stopped' : this.#isFuseBlown() ? 'fuse' : 'completed'
    return { outcome, ...this.#counts }
  }

  async #delete(reading: RetentionReading, plan: RepositoryPlan): Promise<void> {
    const { policy, by } = this.#task
    const deleting: Deleting = { ...this.#engine, policy, by, now: this.#now, deletion: this.#deletion }
    const { signal } = this.#options
    for await (const images of imagesOf(reading, plan, this.#freed)) {
      for await (const { image, skipped } of deleteImages(deleting, plan, images, signal)) {
        for (const item of itemsOf(policy, plan, image, { now: this.#now, skipped })) await this.#told(item)
      }
      if (signal.aborted) return
    }
  }

  #plan(reading: RetentionReading, repository: RepositoryRow): Promise<RepositoryPlan> {
    return planRepository(reading, repository, this.#rulesOf(repository.name), this.#now)
  }

  async #repositories(reading: RetentionReading): Promise<readonly RepositoryRow[]> {
    const all: RepositoryRow[] = []
    for await (const rows of reading.repositories(this.#task.project)) all.push(...rows)
    return all
  }

  async #told(item: RetentionItem): Promise<void> {
    this.#counts[item.action === 'keep' ? 'kept' : 'deleted'] += 1
    this.#counts.freedBytes += item.bytes
    const telling = this.#options.onItem(item)
    if (telling) await telling
  }

  #isFuseBlown(): boolean {
    return this.#going * 100 > this.#task.policy.fusePercent * this.#entries
  }
}
