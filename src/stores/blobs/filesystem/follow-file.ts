import type { FileHandle } from 'node:fs/promises'
import { EarlySync } from './early-sync.ts'

const READ_BYTES = 1 << 20
const PAUSE_MS = 2

/**
 * Reads a file that is being written, from `from` until `to`, handing each byte to `observe`, and has the disk begin
 * with what is there. Ends early when `writing` has ended and the file has no more.
 */
export async function followFile(
  handle: FileHandle,
  { from, to }: { from: number; to: number },
  writing: Promise<unknown>,
  observe: ((bytes: Uint8Array) => void) | undefined,
): Promise<void> {
  let ended = false
  const watched = writing.finally(() => {
    ended = true
  })
  watched.catch(() => undefined)
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  let position = from
  const sync = new EarlySync(handle, from)
  while (position < to) {
    const endedBefore: boolean = ended
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position)
    if (bytesRead === 0) {
      if (endedBefore) break
      await Promise.race([Bun.sleep(PAUSE_MS), watched.catch(() => undefined)])
      continue
    }
    observe?.(buffer.subarray(0, bytesRead))
    position += bytesRead
    sync.reached(position)
  }
  await sync.ended()
}
