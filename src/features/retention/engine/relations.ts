import { DigestTable } from './digest-table.ts'
import { Growing, integers } from './growing.ts'

/** Which of two manifests follows the other: goes when it has gone, unless something else holds it. */
export type Relation = 'child' | 'referrer' | 'fallback'

/**
 * The manifests of a repository by number, and how they hang together: an index and its children, a subject and its
 * referrers, a subject and what its fallback tags point to. The first `images` of them are those that entries are about.
 */
export class Relations {
  readonly manifests = new DigestTable()
  images = 0
  readonly #pairs: Readonly<Record<Relation, { leaders: Growing<Int32Array>; followers: Growing<Int32Array> }>> = {
    child: emptyPairs(),
    referrer: emptyPairs(),
    fallback: emptyPairs(),
  }

  add(relation: Relation, leader: number, follower: number): void {
    this.#pairs[relation].leaders.push(leader)
    this.#pairs[relation].followers.push(follower)
  }

  count(relation: Relation): number {
    return this.#pairs[relation].leaders.size
  }

  each(relation: Relation, visit: (leader: number, follower: number) => void): void {
    const { leaders, followers } = this.#pairs[relation]
    const [from, to] = [leaders.numbers(), followers.numbers()]
    for (let at = 0; at < from.length; at += 1) visit(from[at] as number, to[at] as number)
  }

  /** Gives each leader at least what any of its followers has, and theirs. */
  raiseToLeaders(
    relation: Relation,
    numbers: Float64Array | Uint8Array,
    isRaisable: (leader: number) => boolean = () => true,
  ): void {
    // As often as indexes of indexes are deep: no manifest can hold its own digest.
    for (let isRaised = true; isRaised; ) {
      isRaised = false
      this.each(relation, (leader, follower) => {
        const number = numbers[follower] as number
        if (number <= (numbers[leader] as number) || !isRaisable(leader)) return
        numbers[leader] = number
        isRaised = true
      })
    }
  }

  /** By leader: its followers. */
  followersBy(relation: Relation): Neighbours {
    const { leaders, followers } = this.#pairs[relation]
    return new Neighbours(leaders.numbers(), followers.numbers(), this.manifests.size)
  }

  /** By follower: its leaders. */
  leadersBy(relation: Relation): Neighbours {
    const { leaders, followers } = this.#pairs[relation]
    return new Neighbours(followers.numbers(), leaders.numbers(), this.manifests.size)
  }
}

/** Pairs in order of their first half. */
export class Neighbours {
  readonly #starts: Int32Array
  readonly #others: Int32Array

  constructor(from: Int32Array, to: Int32Array, size: number) {
    this.#starts = new Int32Array(from.length === 0 ? 0 : size + 1)
    this.#others = new Int32Array(to.length)
    if (from.length === 0) return
    const starts = this.#starts
    for (const each of from) starts[each + 1] = (starts[each + 1] as number) + 1
    for (let at = 0; at < size; at += 1) starts[at + 1] = (starts[at + 1] as number) + (starts[at] as number)
    const next = starts.slice()
    for (let at = 0; at < from.length; at += 1) {
      const each = from[at] as number
      this.#others[next[each] as number] = to[at] as number
      next[each] = (next[each] as number) + 1
    }
  }

  of(manifest: number): Int32Array {
    if (this.#starts.length === 0) return this.#others
    return this.#others.subarray(this.#starts[manifest], this.#starts[manifest + 1])
  }
}

function emptyPairs() {
  return { leaders: new Growing(integers), followers: new Growing(integers) }
}
