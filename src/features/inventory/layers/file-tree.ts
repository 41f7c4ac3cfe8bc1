import { Refused } from '../refused.ts'
import { shown } from './paths.ts'

interface Node<Found> {
  children?: Map<string, Node<Found>>
  /** A file that something was looked for in. */
  found?: Found
  /** Where a symbolic link leads. */
  target?: string
  /** Of `found` or `target`. */
  layer: number
}

const MOST_HOPS = 40
/** Of a path once its links are followed. */
const MOST_PARTS = 1024

/**
 * What is known of an image's files after some of its layers: those that matter, and the symbolic links on the way to
 * them. Paths are from the root, without the first slash; every operation follows links in all parts but the last, as
 * the runtimes do that put layers on top of each other.
 */
export class FileTree<Found> {
  readonly #root: Node<Found> = { layer: -1 }
  #links = 0
  #last: { readonly folder: string; readonly real: string } | undefined

  /** A file that counts. What was at its path, and below, is gone. */
  put(path: string, found: Found, layer: number): void {
    this.#set(this.#real(path), { found, layer })
  }

  link(path: string, target: string, layer: number): void {
    this.#set(this.#real(path), { target, layer })
    this.#links++
    this.#last = undefined
  }

  /** Something is there now that does not count: a file nobody reads, a device. */
  clear(path: string): void {
    this.#remove(this.#real(path))
  }

  /** A folder is there now: in place of a file or a link, if there was one; what a folder had before stays. */
  folder(path: string): void {
    const node = this.#node(this.#real(path))
    if (node === undefined || (node.found === undefined && node.target === undefined)) return
    delete node.found
    delete node.target
    this.#last = undefined
  }

  /** A whiteout: takes away what lower layers have at the path and below. */
  whiteOut(path: string, layer: number): void {
    const real = this.#real(path)
    const node = this.#node(real)
    if (node !== undefined && !this.#prune(node, layer)) this.#remove(real)
  }

  /** An opaque folder: takes away what lower layers have below it. */
  makeOpaque(folder: string, layer: number): void {
    const node = this.#node(this.#folder(folder))
    for (const [name, child] of node?.children ?? []) if (!this.#prune(child, layer)) node?.children?.delete(name)
  }

  find(path: string): { readonly found: Found; readonly layer: number } | undefined {
    const node = this.#node(this.#real(path))
    return node?.found === undefined ? undefined : { found: node.found, layer: node.layer }
  }

  /** Where a path leads once every link is followed. @throws Refused when they go round in a circle. */
  resolve(path: string): string {
    return this.#links === 0 ? path : this.#follow(path)
  }

  /** Every file that counts, in the order of the tree. */
  *files(): Generator<{ readonly found: Found; readonly layer: number }> {
    const waiting: Node<Found>[] = [this.#root]
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node.found !== undefined) yield { found: node.found, layer: node.layer }
      for (const child of node.children?.values() ?? []) waiting.push(child)
    }
  }

  #set(path: string, node: Node<Found>): void {
    if (path === '') return
    let at = this.#root
    const parts = path.split('/')
    const last = parts.pop() as string
    for (const part of parts) {
      at.children ??= new Map()
      let next = at.children.get(part)
      if (next === undefined) {
        next = { layer: -1 }
        at.children.set(part, next)
      }
      // Something stands in a folder that was a file: then it is a folder now.
      delete next.found
      at = next
    }
    at.children ??= new Map()
    const before = at.children.get(last)
    if (before?.target !== undefined || before?.children !== undefined) this.#last = undefined
    at.children.set(last, node)
  }

  #remove(path: string): void {
    const slash = path.lastIndexOf('/')
    const parent = this.#node(path.slice(0, Math.max(0, slash)))
    if (parent?.children?.delete(path.slice(slash + 1))) this.#last = undefined
  }

  /** Takes away what is of layers below; gives whether anything is left. */
  #prune(node: Node<Found>, layer: number): boolean {
    for (const [name, child] of node.children ?? []) if (!this.#prune(child, layer)) node.children?.delete(name)
    if (node.layer < layer) {
      if (node.target !== undefined) this.#last = undefined
      delete node.found
      delete node.target
    }
    return node.found !== undefined || node.target !== undefined || (node.children?.size ?? 0) > 0
  }

  #node(path: string): Node<Found> | undefined {
    let node: Node<Found> | undefined = this.#root
    if (path === '') return node
    for (const part of path.split('/')) {
      node = node.children?.get(part)
      if (node === undefined) return undefined
    }
    return node
  }

  #real(path: string): string {
    if (this.#links === 0) return path
    const slash = path.lastIndexOf('/')
    if (slash < 0) return path
    const folder = this.#folder(path.slice(0, slash))
    return folder === '' ? path.slice(slash + 1) : folder + path.slice(slash)
  }

  /** Files of a folder follow each other in most archives, so the last answer is kept. */
  #folder(folder: string): string {
    if (this.#links === 0) return folder
    if (this.#last?.folder !== folder) this.#last = { folder, real: this.#follow(folder) }
    return this.#last.real
  }

  #follow(path: string): string {
    let hops = 0
    let real: string[] = []
    let node: Node<Found> | undefined = this.#root
    const waiting = path.split('/').reverse()
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      if (part === '' || part === '.') continue
      if (part === '..') {
        // Above the root is the root.
        real.pop()
        node = this.#node(real.join('/'))
        continue
      }
      const next: Node<Found> | undefined = node?.children?.get(part)
      if (next?.target === undefined) {
        if (real.push(part) > MOST_PARTS)
          throw new Refused(`A layer has symbolic links that lead through more than ${MOST_PARTS} folders.`)
        node = next
        continue
      }
      if (++hops > MOST_HOPS)
        throw new Refused(`A layer has symbolic links that lead in a circle, or too far: ${shown(path)}.`)
      if (next.target.startsWith('/')) {
        real = []
        node = this.#root
      }
      waiting.push(...next.target.split('/').reverse())
    }
    return real.join('/')
  }
}
