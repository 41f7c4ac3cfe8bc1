import type { CredentialUpkeep } from '../../stores/metadata/index.ts'

/** Shown to people who look for tokens that nobody uses, so a minute more or less does not matter. */
const EVERY_MS = 60_000

/** Notes when tokens were used last; writes it down now and then, all of them at once. */
export class CredentialUses {
  readonly #store: Pick<CredentialUpkeep, 'used'>
  readonly #onFailure: (error: unknown) => void
  readonly #timer: Timer
  #uses = new Map<string, number>()

  constructor(store: Pick<CredentialUpkeep, 'used'>, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#onFailure = onFailure
    this.#timer = setInterval(() => this.flush(), EVERY_MS)
    this.#timer.unref()
  }

  note(credential: string, at: number): void {
    this.#uses.set(credential, at)
  }

  async flush(): Promise<void> {
    if (this.#uses.size === 0) return
    const uses = this.#uses
    this.#uses = new Map()
    await this.#store.used(uses).catch(this.#onFailure)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
