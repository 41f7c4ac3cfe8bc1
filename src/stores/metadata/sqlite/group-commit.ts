import type { Database } from 'bun:sqlite'
import { RunAgain } from '../../../platform/outcome/index.ts'
import type { Queries } from '../engine.ts'
import { refusalOf } from '../refuse-changes.ts'
import type { ChangeCounter } from './change-counter.ts'
import type { LogSync } from './log-sync.ts'

const MAX_GROUP = 128
const BUSY_TIMEOUT_MS = 10_000
const BUSY_PAUSE_MS = 2

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}

interface Waiting {
  readonly work: (queries: Queries) => Promise<unknown>
  readonly durable: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A transaction of a group that ran: how to tell its caller, once the group is committed. */
interface Attempted {
  readonly waiting: Waiting
  readonly settle: () => void
}

/**
 * Runs transactions one after the other and commits those that wait together. Those that have to be durable resolve
 * after the next sync of the log, which they share too. Each is a savepoint of its own, so one that fails takes none of
 * the others with it.
 */
export class GroupCommit {
  readonly #database: Database
  readonly #queries: Queries
  readonly #log: LogSync
  readonly #changes: ChangeCounter
  readonly #confirming = new Set<Promise<void>>()
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(database: Database, queries: Queries, log: LogSync, changes: ChangeCounter) {
    this.#database = database
    this.#queries = queries
    this.#log = log
    this.#changes = changes
  }

  run<Result>(work: (queries: Queries) => Promise<Result>, durable: boolean): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push({ work, durable, resolve: resolve as (result: unknown) => void, reject })
    this.#running ??= this.#drain()
    return promise
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running
    await Promise.all(this.#confirming)
  }

  async #drain(): Promise<void> {
    // One turn of the event loop, so that requests which arrived together commit together.
    await new Promise(resolve => setImmediate(resolve))
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MAX_GROUP))
    this.#running = undefined
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const attempted: Attempted[] = []
    try {
      await this.#begin()
      for (const waiting of group) attempted.push({ waiting, settle: await this.#attempt(waiting) })
      this.#database.run('commit')
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run('rollback')
      for (const each of group) each.reject(error)
      return
    }
    this.#changes.increment()
    const { durable = [], forgettable = [] } = Object.groupBy(attempted, ({ waiting }) =>
      waiting.durable ? 'durable' : 'forgettable',
    )
    for (const { settle } of forgettable) settle()
    if (durable.length > 0) this.#confirm(durable)
  }

  /** Another process may be writing. It is waited for here, where the event loop goes on, and not inside SQLite. */
  async #begin(): Promise<void> {
    const deadline = Date.now() + BUSY_TIMEOUT_MS
    for (;;) {
      try {
        this.#database.run('begin immediate')
        return
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw error
        await Bun.sleep(BUSY_PAUSE_MS)
      }
    }
  }

  /** Tells the callers when the disk has it; the next group need not wait for that. */
  #confirm(attempted: readonly Attempted[]): void {
    const confirming = this.#log
      .synced()
      .then(
        () => {
          for (const { settle } of attempted) settle()
        },
        error => {
          for (const { waiting } of attempted) waiting.reject(error)
        },
      )
      .finally(() => this.#confirming.delete(confirming))
    this.#confirming.add(confirming)
  }

  async #attempt({ work, resolve, reject }: Waiting): Promise<() => void> {
    this.#database.run('savepoint attempt')
    for (let isAgain = false; ; isAgain = true) {
      try {
        const result = await work(this.#queries)
        this.#database.run('release attempt')
        return () => resolve(result)
      } catch (error) {
        // SQLite rolls the whole transaction back by itself when, for one, the disk is full.
        if (!this.#database.inTransaction) throw error
        this.#database.run('rollback to attempt')
        if (error instanceof RunAgain && !isAgain) continue
        this.#database.run('release attempt')
        return () => reject(refusalOf(error) ?? error)
      }
    }
  }
}
