import type { CredentialUpkeep, SignIns } from '../../stores/metadata/index.ts'

/** Shown to people who look for accounts and tokens that nobody uses, so a minute more or less does not matter. */
const EVERY_MS = 60_000

/** Notes when tokens were used and users signed in last; writes it down now and then, all of them at once. */
export class IdentityUses {
  readonly #store: Pick<CredentialUpkeep, 'used'> & Pick<SignIns, 'signedIn'>
  readonly #onFailure: (error: unknown) => void
  readonly #timer: Timer
  #credentials = new Map<string, number>()
  #users = new Map<number, number>()

  constructor(store: Pick<CredentialUpkeep, 'used'> & Pick<SignIns, 'signedIn'>, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#onFailure = onFailure
    this.#timer = setInterval(() => this.flush(), EVERY_MS)
    this.#timer.unref()
  }

  credential(id: string, at: number): void {
    this.#credentials.set(id, at)
  }

  user(id: number, at: number): void {
    this.#users.set(id, at)
  }

  async flush(): Promise<void> {
    const [credentials, users] = [this.#credentials, this.#users]
    this.#credentials = new Map()
    this.#users = new Map()
    if (credentials.size > 0) await this.#store.used(credentials).catch(this.#onFailure)
    if (users.size > 0) await this.#store.signedIn(users).catch(this.#onFailure)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
