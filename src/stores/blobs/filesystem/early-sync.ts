import type { FileHandle } from 'node:fs/promises'

const SYNC_BYTES = 8 << 20

/**
 * Has the disk begin with what is written while the rest still comes in, so that the fsync that counts has little
 * left to do. One sync is under way at most.
 */
export class EarlySync {
  readonly #handle: FileHandle
  #syncedTo: number
  #syncing: Promise<void> | undefined

  constructor(handle: FileHandle, from: number) {
    this.#handle = handle
    this.#syncedTo = from
  }

  /** Tells that the file is written up to `position`. */
  reached(position: number): void {
    if (this.#syncing || position - this.#syncedTo < SYNC_BYTES) return
    this.#syncedTo = position
    this.#syncing = this.#handle.datasync().then(
      () => this.#ended(),
      // A disk that fails here fails again at the fsync that counts.
      () => this.#ended(),
    )
  }

  /** To be awaited before the file is closed. */
  async ended(): Promise<void> {
    await this.#syncing
  }

  #ended(): void {
    this.#syncing = undefined
  }
}
