import type { Filling } from './fill.ts'
import { PARTIAL, removeIfThere, sizeIfThere } from './layout.ts'

const LOOK_MS = 10
/** A file that does not grow for so long has lost its writer, or its writer the storage. */
const STALLED_MS = 5_000

/** What another process fills, seen from here: by the size of its file. */
export function fillingElsewhere(path: string): Filling {
  const partial = `${path}${PARTIAL}`
  const state = { filledBytes: 0, outcome: undefined as Filling['outcome'], grownAt: Date.now() }
  return {
    path: partial,
    fault: undefined,
    cleared: Promise.resolve(),
    get filledBytes() {
      return state.filledBytes
    },
    get outcome() {
      return state.outcome
    },
    async more() {
      for (;;) {
        const [growing, whole] = [await sizeIfThere(partial), await sizeIfThere(path)]
        if (whole) {
          state.filledBytes = whole.size
          state.outcome = 'published'
          return
        }
        if (growing && growing.size > state.filledBytes) {
          state.filledBytes = growing.size
          state.grownAt = Date.now()
          return
        }
        const stalled = Date.now() - state.grownAt > STALLED_MS
        if (!growing || stalled) {
          if (stalled) await removeIfThere(partial)
          state.outcome = 'failed'
          return
        }
        await Bun.sleep(LOOK_MS)
      }
    },
  }
}
