/** Who tells the receiver of the log. */
export interface Emitter {
  /** Of this registry, as receivers shall show it. */
  readonly host: string
  readonly version: string
}
