/** Lets so many do something at a time; the others wait, and come in the order in which they asked. */
export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Resolves when it is the caller's turn, which lasts until {@link pass}. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    await promise
  }

  pass(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}
