import type { Digest } from '../../../oci/index.ts'
import type { FileReader } from '../file-reader.ts'
import { readInventory } from '../layers/read-inventory.ts'
import { Refused } from '../refused.ts'
import { FRAME, FrameReader } from './frames.ts'
import type { FromWorker, ImageRequest } from './messages.ts'

const PROGRESS_EVERY_MS = 500
const LINES_AT_ONCE = 100

export interface WorkerChannels {
  readonly input: ReadableStream<Uint8Array>
  /** Resolves once there is room for more. */
  write(text: string): Promise<void>
}

/**
 * What a worker process does: reads images, one after another, out of the layers that its parent sends, until the
 * parent closes the channel. It opens nothing and asks nobody else.
 */
export async function serveInventories(channels: WorkerChannels, readers: readonly FileReader[]): Promise<void> {
  const parent = new Parent(channels)
  for (let request = await parent.image(); request !== undefined; request = await parent.image())
    await answer(parent, request, readers)
}

async function answer(parent: Parent, { layers, limits }: ImageRequest, readers: readonly FileReader[]): Promise<void> {
  let toldAt = Number.NEGATIVE_INFINITY
  try {
    const inventory = await readInventory(
      { layers, open: digest => parent.open(digest) },
      {
        readers,
        limits,
        signal: new AbortController().signal,
        onProgress(progress) {
          const now = performance.now()
          if (now - toldAt < PROGRESS_EVERY_MS) return
          toldAt = now
          parent.mention({ kind: 'progress', progress })
        },
      },
    )
    await parent.sayAll(inventory.packages.map(each => ({ kind: 'package', package: each })))
    await parent.sayAll(inventory.problems.map(problem => ({ kind: 'problem', problem: { ...problem } })))
    await parent.say({ kind: 'done', distribution: inventory.distribution && { ...inventory.distribution } })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await parent.say({ kind: 'refused', reason: error.message })
  }
}

type Said = FromWorker | { readonly kind: 'package'; readonly package: object }

/** The worker's end of the channel. */
class Parent {
  readonly #frames: FrameReader
  readonly #write: (text: string) => Promise<void>
  #written: Promise<void> = Promise.resolve()
  #isInLayer = false
  #asked: Promise<unknown> = Promise.resolve()

  constructor({ input, write }: WorkerChannels) {
    this.#frames = new FrameReader(input)
    this.#write = write
  }

  async image(): Promise<ImageRequest | undefined> {
    await this.#endLayer()
    const kind = await this.#frames.next()
    if (kind === undefined) return undefined
    if (kind !== FRAME.image) throw new Error(`a frame of kind ${kind} came where an image should`)
    const pieces: Uint8Array[] = []
    for (let piece = await this.#frames.piece(); piece !== undefined; piece = await this.#frames.piece())
      pieces.push(piece)
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as ImageRequest
  }

  async open(digest: Digest): Promise<ReadableStream<Uint8Array> | undefined> {
    await this.#endLayer()
    await this.say({ kind: 'open', digest })
    const kind = await this.#frames.next()
    if (kind === FRAME.notHeld) return undefined
    this.#isInLayer = kind === FRAME.bytes
    if (!this.#isInLayer && kind !== FRAME.endOfLayer)
      throw new Error(`a frame of kind ${kind} came where a layer should`)
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          const piece = await this.#piece()
          if (piece === undefined) controller.close()
          else controller.enqueue(piece)
        },
      },
      { highWaterMark: 0 },
    )
  }

  async say(message: Said): Promise<void> {
    await this.sayAll([message])
  }

  async sayAll(messages: readonly Said[]): Promise<void> {
    for (let at = 0; at < messages.length; at += LINES_AT_ONCE) {
      const lines = messages.slice(at, at + LINES_AT_ONCE).map(message => `${JSON.stringify(message)}\n`)
      this.#written = this.#written.then(() => this.#write(lines.join('')))
      await this.#written
    }
  }

  /** Says it without waiting until it is said. */
  mention(message: Said): void {
    this.say(message)
  }

  /** One after another: a layer that is not read to its end may have asked for a piece that is still on its way. */
  #piece(): Promise<Uint8Array | undefined> {
    const piece = this.#asked.then(() => this.#nextPiece())
    this.#asked = piece.catch(() => undefined)
    return piece
  }

  async #nextPiece(): Promise<Uint8Array | undefined> {
    while (this.#isInLayer) {
      const piece = await this.#frames.piece()
      if (piece !== undefined) return piece
      this.#isInLayer = (await this.#frames.next()) === FRAME.bytes
    }
    return undefined
  }

  /** What is left of a layer that was not read to its end is still on its way. */
  async #endLayer(): Promise<void> {
    while ((await this.#piece()) !== undefined);
  }
}
