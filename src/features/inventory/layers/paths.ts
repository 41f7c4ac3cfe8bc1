import type { InventoryLimits } from '../limits.ts'
import { Refused } from '../refused.ts'

/** Parts that are empty or dots. */
const UNCLEAN = /(?:^|\/)\.{0,2}(?:\/|$)/

/**
 * A name from a tar file as a path from the root, without the first slash and the last; empty for the root itself.
 * @throws Refused when it leads out of the root, has a NUL in it, or is longer or deeper than `limits` allow.
 */
export function pathOf(name: string, limits: InventoryLimits): string {
  if (name.length > limits.pathBytes)
    throw new Refused(`A layer has a path of ${name.length} characters; one may have ${limits.pathBytes}.`)
  if (name.includes('\0')) throw new Refused('A layer has a file whose name has a NUL in it.')
  const path = UNCLEAN.test(name) ? clean(name) : name
  if (path.length >= 2 * limits.pathDepth && path.split('/').length > limits.pathDepth)
    throw new Refused(`A layer has more than ${limits.pathDepth} folders inside each other.`)
  return path
}

function clean(name: string): string {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined)
      throw new Refused(`A layer has a path that leads out of the image: ${shown(name)}.`)
  }
  return parts.join('/')
}

/** A path for a message: bounded, and without what a terminal would obey. */
export function shown(path: string): string {
  const cut = path.length > 120 ? `${path.slice(0, 117)}…` : path
  return JSON.stringify(cut)
}
