import type { PartsTarget } from '../objects/index.ts'

/** https://cloud.google.com/storage/docs/composite-objects: of so many objects at once. */
const MOST_SOURCES = 32
const AT_ONCE = 8

const END = '.part'

/** Parts lie beside the object that they are for: no storage keys, and found by what all of their names end in. */
export function partKey(target: PartsTarget, name: string): string {
  return `${partPrefix(target)}${name}${END}`
}

/** All that begins so and `isPart` is of this undertaking, and of nothing else. */
export function partPrefix({ key, undertaking }: PartsTarget): string {
  return `${key}.${undertaking}.`
}

export function isPart(key: string): boolean {
  return key.endsWith(END)
}

/** Puts `sources` together: in groups, and groups of groups, when they are too many for one request. */
export async function compose(
  target: PartsTarget,
  sources: readonly string[],
  combine: (from: readonly string[], to: string) => Promise<unknown>,
): Promise<void> {
  let level = sources
  while (level.length > MOST_SOURCES) {
    const groups = Array.from({ length: Math.ceil(level.length / MOST_SOURCES) }, (_, index) => ({
      name: partKey(target, crypto.randomUUID()),
      from: level.slice(index * MOST_SOURCES, (index + 1) * MOST_SOURCES),
    }))
    for (let first = 0; first < groups.length; first += AT_ONCE) {
      await Promise.all(groups.slice(first, first + AT_ONCE).map(({ name, from }) => combine(from, name)))
    }
    level = groups.map(({ name }) => name)
  }
  await combine(level, target.key)
}
