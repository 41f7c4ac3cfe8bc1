import type { LayerFile } from '../file-reader.ts'
import { Refused } from '../refused.ts'
import type { Budget } from './budget.ts'
import { FileTree } from './file-tree.ts'
import type { Contents, FoundFile } from './found-file.ts'
import { pathOf, shown } from './paths.ts'
import type { Interest, Readers } from './readers.ts'
import type { TarEntry, TarVisitor } from './tar-reader.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** What AUFS kept for itself. */
const INTERNAL = '.wh..wh.'
const NOTHING = new Uint8Array()

/** A file that came whole and is to be read before the next piece of the layer is. */
export interface Arrived {
  readonly interest: Interest
  readonly file: LayerFile & { readonly bytes: Uint8Array }
  readonly into: Contents
}

export interface WalkOptions {
  readonly budget: Budget
  readonly readers: Readers
  readonly problem: (path: string, reason: string) => void
  /** Real paths by which a file is reached through links, and the path under which it is wanted. */
  readonly throughLinks: ReadonlyMap<string, string>
}

/** Goes through an image's layers from the lowest to the highest and keeps what counts in the end. */
export class ImageWalk implements TarVisitor {
  readonly tree = new FileTree<FoundFile>()
  readonly #options: WalkOptions
  #layer = 0
  #path = ''
  #isWhiteout = false
  #arrived: Arrived[] = []
  /** Hard links to files whose own names nobody wanted, by the path of the file. */
  #unread = new Map<string, FoundFile[]>()

  constructor(options: WalkOptions) {
    this.#options = options
  }

  beginLayer(index: number): void {
    this.#layer = index
    this.#unread = new Map()
  }

  /** What came since it was asked last. */
  takeArrived(): readonly Arrived[] {
    const arrived = this.#arrived
    this.#arrived = []
    return arrived
  }

  /** Files to look for in this layer once more, under other names. */
  get unread(): ReadonlyMap<string, readonly FoundFile[]> {
    return this.#unread
  }

  entry(entry: TarEntry): void {
    this.#options.budget.entry()
    this.#path = pathOf(entry.name, this.#options.budget.limits)
    const slash = this.#path.lastIndexOf('/')
    const isWhiteout = this.#path.startsWith(WHITEOUT, slash + 1)
    this.#isWhiteout = isWhiteout
    if (isWhiteout) this.#whiteOut(this.#path.slice(0, Math.max(0, slash)), this.#path.slice(slash + 1))
    else if (this.#path !== '') this.#place(entry)
  }

  file(entry: TarEntry, head: Uint8Array): ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined {
    if (this.#isWhiteout || this.#path === '') return undefined
    const path = this.#options.throughLinks.get(this.#path) ?? this.#path
    const file = { path, sizeBytes: entry.sizeBytes, mode: entry.mode, head }
    const interest = this.#options.readers.interestIn(file)
    if (interest === undefined || this.#isTooLarge(file, interest)) {
      this.tree.clear(this.#path)
      return undefined
    }
    const found = { path, contents: { system: [], packages: [] } }
    this.tree.put(this.#path, found, this.#layer)
    return this.#taker(file, interest, found.contents)
  }

  /** Goes through the same layer again for {@link unread}. */
  again(): TarVisitor {
    let path = ''
    return {
      entry: entry => {
        this.#options.budget.entry()
        path = pathOf(entry.name, this.#options.budget.limits)
      },
      file: (entry, head) => {
        const links = this.#unread.get(path) ?? []
        const [first] = links
        if (first === undefined) return undefined
        this.#unread.delete(path)
        const file = { path: first.path, sizeBytes: entry.sizeBytes, mode: entry.mode, head }
        const interest = this.#options.readers.interestIn(file)
        if (interest === undefined || this.#isTooLarge(file, interest)) return undefined
        for (const link of links) link.contents = first.contents
        return this.#taker(file, interest, first.contents)
      },
    }
  }

  #taker(file: LayerFile, interest: Interest, into: Contents) {
    this.#options.budget.file(file.sizeBytes)
    const head = file.head.slice()
    return (bytes: Uint8Array<ArrayBuffer>) => {
      this.#arrived.push({ interest, file: { ...file, head, bytes }, into })
    }
  }

  /** Without a package manager's database nothing can be said of the image; without another file, the rest can. */
  #isTooLarge({ path, sizeBytes }: LayerFile, interest: Interest): boolean {
    const most = this.#options.budget.limits.fileBytes
    if (sizeBytes <= most) return false
    const told = `it has ${sizeBytes} bytes, and files up to ${most} are read`
    if (interest.system.length > 0)
      throw new Refused(`The database of installed packages is too large (${shown(path)}): ${told}.`)
    this.#options.problem(path, told)
    return true
  }

  #place(entry: TarEntry): void {
    const { budget } = this.#options
    if (entry.kind === 'folder') this.tree.folder(this.#path)
    else if (entry.kind === 'other') this.tree.clear(this.#path)
    else if (entry.kind === 'hardlink') this.#hardLink(pathOf(entry.linkName, budget.limits), entry.mode)
    else if (entry.kind === 'symlink') {
      if (entry.linkName.length > budget.limits.pathBytes)
        throw new Refused(`A layer has a symbolic link to a path of ${entry.linkName.length} characters.`)
      budget.link(this.#path.length + entry.linkName.length)
      this.tree.link(this.#path, entry.linkName, this.#layer)
    }
  }

  #hardLink(target: string, mode: number): void {
    const same = this.tree.find(target)
    if (same !== undefined) {
      this.tree.put(this.#path, { path: this.#path, contents: same.found.contents }, this.#layer)
      return
    }
    // Its first bytes are not known here, so this asks by the name only. Those that want it by its bytes saw them already.
    const interest = this.#options.readers.interestIn({ path: this.#path, sizeBytes: 512, mode, head: NOTHING })
    if (interest === undefined) {
      this.tree.clear(this.#path)
      return
    }
    this.#options.budget.link(this.#path.length + target.length)
    const found = { path: this.#path, contents: { system: [], packages: [] } }
    this.tree.put(this.#path, found, this.#layer)
    this.#unread.set(target, [...(this.#unread.get(target) ?? []), found])
  }

  #whiteOut(folder: string, name: string): void {
    if (name === OPAQUE) this.tree.makeOpaque(folder, this.#layer)
    if (name.startsWith(INTERNAL)) return
    const gone = name.slice(WHITEOUT.length)
    if (gone === '' || gone === '.' || gone === '..')
      throw new Refused(`A layer has a whiteout that names no file: ${shown(this.#path)}.`)
    this.tree.whiteOut(folder === '' ? gone : `${folder}/${gone}`, this.#layer)
  }
}
