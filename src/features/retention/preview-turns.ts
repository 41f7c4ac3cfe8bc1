import { RegistryError } from '../../oci/index.ts'

const MOST_AT_ONCE = 4
const LONGEST_MS = 15 * 60_000

/** Previews of this process: each reads the database as it is at one moment, for as long as its client takes. */
export class PreviewTurns {
  #taken = 0

  /** @throws TOOMANYREQUESTS. @returns what gives the turn back, and a signal for when it is over. */
  take(): { readonly over: AbortSignal; readonly give: () => void } {
    if (this.#taken >= MOST_AT_ONCE)
      throw new RegistryError(
        'TOOMANYREQUESTS',
        `${MOST_AT_ONCE} previews are under way: try again when one has ended.`,
      )
    this.#taken += 1
    return { over: AbortSignal.timeout(LONGEST_MS), give: () => (this.#taken -= 1) }
  }
}
