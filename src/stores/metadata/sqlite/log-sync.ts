import { type FileHandle, open } from 'node:fs/promises'
import { OutcomeUnknown } from '../../../platform/outcome/index.ts'

/**
 * Brings SQLite's write-ahead log to the disk without holding up the event loop, once for all who wait.
 * A commit is durable when its frames in the log are; that it is synced here, and not by SQLite inside the commit
 * (`synchronous = full`), lets the next transactions run meanwhile.
 */
export class LogSync {
  readonly #path: string
  #handle: FileHandle | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #failure: OutcomeUnknown | undefined

  /** @param path the log: the database's file with `-wal` behind it. */
  constructor(path: string) {
    this.#path = path
  }

  /** Resolves when all that was in the log at the time of the call is on the disk. @throws OutcomeUnknown. */
  synced(): Promise<void> {
    this.#next ??= this.#syncAfter(this.#running)
    return this.#next
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }

  async #syncAfter(running: Promise<void> | undefined): Promise<void> {
    await running?.catch(() => undefined)
    this.#running = this.#next
    this.#next = undefined
    // The kernel reports a failed write once and may then forget the pages: a second try would prove nothing.
    if (this.#failure) throw this.#failure
    try {
      this.#handle ??= await open(this.#path, 'r+')
      await this.#handle.datasync()
    } catch (error) {
      this.#failure = new OutcomeUnknown(
        `The disk failed to keep ${this.#path}: nothing more is written until Berth is started again.`,
        { cause: error },
      )
      throw this.#failure
    }
  }
}
