import { setPriority } from 'node:os'
import type { Digest } from '../../../oci/index.ts'
import type { ImageLayers } from '../image-layers.ts'
import type { InventoryProgress } from '../layers/read-inventory.ts'
import type { InventoryLimits } from '../limits.ts'
import type { Inventory, PlacedPackage } from '../package.ts'
import { Refused } from '../refused.ts'
import { type ByteReader, FRAME, type FrameKind, frameHeader } from './frames.ts'
import { linesOf } from './lines.ts'
import { FROM_WORKER, type FromWorker, type ImageRequest } from './messages.ts'
import { residentBytes } from './resident-memory.ts'

export interface WorkerReadOptions {
  readonly limits: InventoryLimits
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: InventoryProgress) => void) | undefined
}

/** How often its memory is looked at: it is killed within this once it holds too much. */
const WATCH_EVERY_MS = 100
/** For it to say itself that the time is over, which says more. */
const GRACE_MS = 5000
/** Behind everything that serves. */
const NICENESS = 10
const RAM_BYTES = 96 * 1024 ** 2
const FRAME_BYTES = 16 * 1024 ** 2
const LONGEST_LINE_BYTES = 1024 ** 2
const MOST_PROBLEMS = 2000

/** The store failed, or whoever was asked for a layer: that says nothing about the image. */
class SourceFailed extends Error {}

/** One process that reads images one at a time. It is given no environment, no arguments, and nothing but its pipes. */
export class WorkerProcess {
  readonly #child: Bun.Subprocess<'pipe', 'pipe', 'ignore'>
  readonly #lines: AsyncIterator<string>
  readonly #memoryBytes: number
  /** Why it was killed. */
  #verdict: string | undefined

  constructor(command: readonly string[], memoryBytes: number) {
    this.#memoryBytes = memoryBytes
    this.#child = Bun.spawn([...command], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'ignore',
      cwd: '/',
      // Told to JavaScriptCore, so that it collects garbage early: little of what is read is needed for long.
      env: { BUN_JSC_forceRAMSize: String(Math.min(RAM_BYTES, memoryBytes)) },
    })
    this.#lines = linesOf(this.#child.stdout, LONGEST_LINE_BYTES)
    lowerPriority(this.#child.pid)
  }

  /** @throws Refused also when the process fails over the image; after any other error, too, it is not used again. */
  async read(image: ImageLayers, options: WorkerReadOptions): Promise<Inventory> {
    using watch = this.#watch(options.limits.timeMs + GRACE_MS, options.signal)
    let answer: Inventory | Refused
    try {
      // A store that does not answer must not hold up what was given up.
      answer = await Promise.race([this.#converse(image, options), watch.condemned])
    } catch (error) {
      this.kill()
      await this.#child.exited
      options.signal.throwIfAborted()
      if (error instanceof SourceFailed) throw error.cause
      throw new Refused(`The image could not be read: ${this.#verdict ?? this.#ending(error)}.`, { cause: error })
    }
    if (answer instanceof Refused) throw answer
    return answer
  }

  get isAlive(): boolean {
    return !this.#child.killed && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Ends it, whatever it does. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #converse(image: ImageLayers, { limits, signal, onProgress }: WorkerReadOptions): Promise<Inventory | Refused> {
    const request: ImageRequest = { layers: image.layers, limits }
    await this.#send(FRAME.image, Buffer.from(JSON.stringify(request)))
    const packages: PlacedPackage[] = []
    const problems: Inventory['problems'][number][] = []
    while (true) {
      const message = await this.#hear()
      switch (message.kind) {
        case 'open':
          await this.#sendLayer(image, message.digest, signal)
          break
        case 'progress':
          onProgress?.(message.progress)
          break
        case 'package':
          if (packages.push(message.package) > limits.packages) throw new Error('it names more packages than it may')
          break
        case 'problem':
          if (problems.push(message.problem) > MOST_PROBLEMS) throw new Error('it names more problems than it may')
          break
        case 'refused':
          return new Refused(message.reason)
        case 'done':
          return { distribution: message.distribution, packages, problems }
      }
    }
  }

  #watch(timeMs: number, signal: AbortSignal): Disposable & { readonly condemned: Promise<never> } {
    const { promise: condemned, reject } = Promise.withResolvers<never>()
    const condemn = (verdict: string) => {
      this.#verdict ??= verdict
      this.kill()
      reject(new Error(verdict))
    }
    const watching = setInterval(async () => {
      const held = await residentBytes(this.#child.pid)
      if (held !== undefined && held > this.#memoryBytes)
        condemn(`it takes more than ${Math.floor(this.#memoryBytes / 1024 ** 2)} MiB of memory`)
    }, WATCH_EVERY_MS)
    const timer = setTimeout(() => condemn(`it takes longer than ${timeMs / 1000} seconds`), timeMs)
    const cancel = () => condemn('it was cancelled')
    if (signal.aborted) cancel()
    signal.addEventListener('abort', cancel)
    return {
      condemned,
      [Symbol.dispose]() {
        clearInterval(watching)
        clearTimeout(timer)
        signal.removeEventListener('abort', cancel)
      },
    }
  }

  async #hear(): Promise<FromWorker> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('its process ended')
    return FROM_WORKER.parse(JSON.parse(value))
  }

  async #sendLayer(image: ImageLayers, digest: Digest, signal: AbortSignal): Promise<void> {
    if (!image.layers.some(layer => layer.digest === digest)) throw new Error('it asks for a layer of another image')
    const layer = (await fromSource(image.open(digest, signal)))?.getReader()
    if (layer === undefined) return await this.#send(FRAME.notHeld)
    try {
      for (let chunk = await nextOf(layer); chunk !== undefined; chunk = await nextOf(layer)) {
        for (let at = 0; at < chunk.length; at += FRAME_BYTES)
          await this.#send(FRAME.bytes, chunk.subarray(at, at + FRAME_BYTES))
      }
    } finally {
      await layer.cancel()
    }
    await this.#send(FRAME.endOfLayer)
  }

  async #send(kind: FrameKind, bytes: Uint8Array = new Uint8Array()): Promise<void> {
    const { stdin } = this.#child
    await Promise.all([stdin.write(frameHeader(kind, bytes.length)), stdin.write(bytes), stdin.flush()])
  }

  #ending(error: unknown): string {
    const { exitCode, signalCode } = this.#child
    // Killed here because of what it said, or ended by itself.
    if (signalCode === 'SIGKILL' && error instanceof Error && !isBrokenPipe(error)) return error.message
    return `its process ended with ${signalCode ?? `exit code ${exitCode}`}`
  }
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE'
}

async function nextOf(layer: ByteReader): Promise<Uint8Array | undefined> {
  return (await fromSource(layer.read())).value
}

async function fromSource<Result>(asking: Promise<Result>): Promise<Result> {
  try {
    return await asking
  } catch (cause) {
    throw new SourceFailed('a layer could not be read from where it is stored', { cause })
  }
}

/** Some systems do not allow it: then it runs beside the others. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
