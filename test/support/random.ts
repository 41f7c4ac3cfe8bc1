/** Random numbers that a seed repeats: mulberry32. */
export interface Random {
  readonly seed: number
  /** From zero up to, not including, `below`. */
  below(below: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  bytes(length: number): Uint8Array<ArrayBuffer>
}

/** The seed is BERTH_TEST_SEED, or of the moment; a failing test prints it. */
export function seededRandom(seed: number = Number(process.env.BERTH_TEST_SEED ?? Date.now() % 2 ** 31)): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    seed,
    below,
    chance: probability => next() < probability,
    pick<Item>(items: readonly Item[]) {
      if (items.length === 0) throw new Error('There is nothing to pick from.')
      return items[below(items.length)] as Item
    },
    bytes: length => Uint8Array.from({ length }, () => below(256)),
  }
}
