/** What a token says, verified or not. */
export type Claims = Readonly<Record<string, unknown>>

const MOST_STEPS = 8

/**
 * The claim at a path: its name, or names joined by "/" or "." down into objects (`kubernetes.io/namespace`,
 * `realm_access.roles`). Undefined when there is none, or when the path can be read in two ways that differ.
 */
export function claimAt(claims: Claims, path: string): unknown {
  const found = new Set(readings(claims, path, MOST_STEPS))
  return found.size === 1 ? [...found][0] : undefined
}

function* readings(value: unknown, path: string, steps: number): Generator<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || steps === 0) return
  const object = value as Record<string, unknown>
  if (Object.hasOwn(object, path)) yield object[path]
  for (const { index } of path.matchAll(/[./]/g)) {
    const name = path.slice(0, index)
    if (Object.hasOwn(object, name)) yield* readings(object[name], path.slice(index + 1), steps - 1)
  }
}
