import { z } from 'zod'
import { TakenOver } from '../../../platform/outcome/index.ts'
import type { UploadProgress } from '../blob-store.ts'

const piece = z.strictObject({ key: z.string(), sizeBytes: z.number().int().min(0) })
const schema = z.strictObject({
  /** Parts of an object that is being put together; it cannot be read before it is complete. */
  parts: z
    .strictObject({
      key: z.string(),
      undertaking: z.string(),
      names: z.array(z.string()),
      sizeBytes: z.number().int().min(0),
      /** The last part is shorter than a part may be: none can follow. */
      sealed: z.boolean(),
    })
    .optional(),
  /** Objects of their own, behind the parts. */
  pieces: z.array(piece),
  /** Objects that are no longer needed. */
  obsolete: z.array(piece),
})

export type Piece = z.output<typeof piece>
/** What an upload consists of so far, in the order of its bytes. */
export type UploadState = z.output<typeof schema>
export type Parts = NonNullable<UploadState['parts']>

export const EMPTY: UploadState = { pieces: [], obsolete: [] }

export function lengthOf({ parts, pieces }: UploadState): number {
  return (parts?.sizeBytes ?? 0) + totalOf(pieces)
}

export function totalOf(pieces: readonly Piece[]): number {
  return pieces.reduce((total, each) => total + each.sizeBytes, 0)
}

/** The state of one upload, as this request knows it. */
export class SavedState {
  readonly #progress: UploadProgress
  readonly #id: string
  #text: string | undefined
  #state: UploadState

  private constructor(progress: UploadProgress, id: string, text: string | undefined) {
    this.#progress = progress
    this.#id = id
    this.#text = text
    this.#state = text === undefined ? EMPTY : schema.parse(JSON.parse(text))
  }

  static async load(progress: UploadProgress, id: string): Promise<SavedState> {
    return new SavedState(progress, id, await progress.load(id))
  }

  get current(): UploadState {
    return this.#state
  }

  /** @throws TakenOver when another request saved since this one loaded. */
  async save(state: UploadState): Promise<void> {
    const text = JSON.stringify(state)
    if (text === this.#text || (this.#text === undefined && state === EMPTY)) return
    if (!(await this.#progress.save(this.#id, this.#text, text))) {
      throw new TakenOver(`Another request goes on with upload ${this.#id}.`)
    }
    this.#text = text
    this.#state = state
  }
}
