import { RELEASE_PATHS, SYSTEM_PATHS } from '../distributions/index.ts'
import type { FileReader } from '../file-reader.ts'
import type { ImageLayer, ImageLayers } from '../image-layers.ts'
import type { InventoryLimits } from '../limits.ts'
import type { Inventory } from '../package.ts'
import { Refused } from '../refused.ts'
import { Budget } from './budget.ts'
import { ImageWalk } from './image-walk.ts'
import { unreadable } from './media-types.ts'
import { merged } from './merged.ts'
import { Readers } from './readers.ts'
import { TarReader } from './tar-reader.ts'
import { unpacked } from './unpacked.ts'

export interface ReadOptions {
  /** Who finds packages in files, besides the package managers of distributions. */
  readonly readers: readonly FileReader[]
  readonly limits: InventoryLimits
  readonly signal: AbortSignal
  /** Told after every piece of a layer. */
  readonly onProgress?: ((progress: InventoryProgress) => void) | undefined
}

export interface InventoryProgress {
  /** The layer that is read now, from 1. */
  readonly layer: number
  readonly layers: number
  readonly unpackedBytes: number
  readonly entries: number
}

const MOST_PROBLEMS = 1000
/** However many files cannot be read: that a layer cannot be is told. */
const MOST_FILE_PROBLEMS = 900
const LARGE_BYTES = 16 * 1024 ** 2
const LONGEST_PATH = 4096
const LONGEST_REASON = 400

/**
 * Reads an image's layers, once and as a stream, and gives what it holds. Memory is bounded by the limits, not by the
 * image.
 * @throws Refused with a reason for a person, when a layer is malicious, broken or beyond the limits; the signal's
 * reason when it aborts; what `open` throws.
 */
export async function readInventory(image: ImageLayers, options: ReadOptions): Promise<Inventory> {
  const deadline = AbortSignal.timeout(options.limits.timeMs)
  const reading = new Reading(image, options, deadline)
  try {
    const first = await reading.walk(new Map())
    // A database that is reached through links was not known by its name: it is read in a second round.
    const throughLinks = leadingElsewhere(first)
    const walk = throughLinks.size === 0 ? first : await reading.walk(throughLinks)
    return reading.inventoryOf(walk)
  } catch (error) {
    if (error === deadline.reason && deadline.aborted)
      throw new Refused(`Reading the image took longer than ${options.limits.timeMs / 1000} seconds.`)
    throw error
  }
}

function leadingElsewhere({ tree }: ImageWalk): ReadonlyMap<string, string> {
  const leads = [...RELEASE_PATHS, ...SYSTEM_PATHS].map(path => [tree.resolve(path), path] as const)
  return new Map(leads.filter(([real, path]) => real !== path && tree.find(real) === undefined))
}

class Reading {
  readonly #image: ImageLayers
  readonly #options: ReadOptions
  readonly #signal: AbortSignal
  readonly #budget: Budget
  readonly #readers: Readers
  readonly #problems = new Map<string, { readonly path: string; readonly reason: string }>()

  constructor(image: ImageLayers, options: ReadOptions, deadline: AbortSignal) {
    this.#image = image
    this.#options = options
    this.#signal = AbortSignal.any([options.signal, deadline])
    this.#budget = new Budget(options.limits)
    this.#readers = new Readers(options.readers)
  }

  async walk(throughLinks: ReadonlyMap<string, string>): Promise<ImageWalk> {
    const walk = new ImageWalk({
      budget: this.#budget,
      readers: this.#readers,
      problem: (path, reason) => this.#problem(path, reason),
      throughLinks,
    })
    for (const [index, layer] of this.#image.layers.entries()) {
      const problem = unreadable(layer.mediaType)
      if (problem === undefined) await this.#layer(walk, layer, index)
      else this.#problem('', `Layer ${layer.digest} was not read: ${problem}.`)
    }
    return walk
  }

  async #layer(walk: ImageWalk, layer: ImageLayer, index: number): Promise<void> {
    walk.beginLayer(index)
    if (!(await this.#round(walk, new TarReader(walk), layer, index))) {
      this.#problem('', `Layer ${layer.digest} was not read: the registry does not hold it.`)
      return
    }
    if (walk.unread.size > 0) await this.#round(walk, new TarReader(walk.again()), layer, index)
    for (const links of walk.unread.values())
      for (const { path } of links) this.#problem(path, 'it is a hard link to a file that is not in its layer')
  }

  async #round(walk: ImageWalk, tar: TarReader, layer: ImageLayer, index: number): Promise<boolean> {
    this.#signal.throwIfAborted()
    const stored = await this.#image.open(layer.digest, this.#signal)
    if (stored === undefined) return false
    for await (const chunk of unpacked(stored, this.#budget)) {
      this.#signal.throwIfAborted()
      tar.push(chunk)
      await this.#readArrived(walk)
      this.#options.onProgress?.({
        layer: index + 1,
        layers: this.#image.layers.length,
        unpackedBytes: this.#budget.unpackedBytes,
        entries: this.#budget.entries,
      })
      if (tar.isDone) break
    }
    tar.end()
    return true
  }

  async #readArrived(walk: ImageWalk): Promise<void> {
    let largestBytes = 0
    for (const { interest, file, into } of walk.takeArrived()) {
      largestBytes = Math.max(largestBytes, file.sizeBytes)
      await this.#readers.read(interest, file, into, this.#budget, (path, reason) => this.#problem(path, reason))
    }
    // Else the next large file is in memory before this one is out of it.
    if (largestBytes >= LARGE_BYTES) Bun.gc(true)
  }

  inventoryOf({ tree }: ImageWalk): Inventory {
    const digests = this.#image.layers.map(layer => layer.digest)
    const { distribution, packages } = merged(tree, digests, (path, reason) => this.#problem(path, reason))
    return { distribution, packages, problems: [...this.#problems.values()] }
  }

  /** The same is told once, though a layer is read twice. */
  #problem(path: string, reason: string): void {
    if (this.#problems.size >= (path === '' ? MOST_PROBLEMS : MOST_FILE_PROBLEMS)) return
    const problem = { path: path.slice(0, LONGEST_PATH), reason: reason.slice(0, LONGEST_REASON) }
    this.#problems.set(`${problem.path}\0${problem.reason}`, problem)
  }
}
