import type { AuditEntry, AuditInbox } from '../../stores/metadata/index.ts'
import { entryKey } from './entry-key.ts'

/** Records what has no change of its own: pulls, sign-ins, refusals. */
export interface Recorder {
  /** Returns at once. Entries that are alike and come within one flush become one, with a count. */
  record(entry: AuditEntry): void
  /** Resolves when all that was recorded before is written. @throws when it could not be; it is kept and tried again. */
  flush(): Promise<void>
  /** Flushes for the last time. What cannot be written then is told as dropped. */
  stop(): Promise<void>
}

export interface RecorderObserver {
  /** The database did not take them; tried again. */
  failed(error: unknown, waiting: number): void
  /** They are lost: there was no room for more, or no time left. */
  dropped(entries: number): void
}

export interface RecorderLimits {
  readonly flushMs: number
  /** So many different entries are written without waiting for the time to come. */
  readonly flushEntries: number
  /** So many different entries may wait while the database cannot be written to. */
  readonly waitingEntries: number
}

export const RECORDER_LIMITS: RecorderLimits = { flushMs: 250, flushEntries: 500, waitingEntries: 50_000 }

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000
const LAST_TRIES = 3

interface Waiting {
  readonly entry: AuditEntry
  count: number
}

export function createRecorder(
  inbox: AuditInbox,
  observer: RecorderObserver,
  limits: RecorderLimits = RECORDER_LIMITS,
): Recorder {
  let waiting = new Map<string, Waiting>()
  let underWay = 0
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let flushing: Promise<void> = Promise.resolve()

  function arm(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      // Told to the observer already.
      flush().catch(() => arm(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)))
    }, ms)
  }

  async function write(): Promise<void> {
    const taken = [...waiting]
    waiting = new Map()
    underWay = taken.length
    let written = 0
    try {
      for (; written < taken.length; written += limits.flushEntries) {
        const batch = taken.slice(written, written + limits.flushEntries)
        await inbox.record(batch.map(([, { entry, count }]) => (count > 1 ? { ...entry, count } : entry)))
      }
      failures = 0
    } catch (error) {
      failures += 1
      putBack(taken.slice(written))
      observer.failed(error, waiting.size)
      throw error
    } finally {
      underWay = 0
    }
  }

  /** Before what came since, and together with what is alike. */
  function putBack(entries: readonly (readonly [string, Waiting])[]): void {
    const since = waiting
    waiting = new Map(entries)
    for (const [key, { entry, count }] of since) add(key, entry, count)
  }

  function add(key: string, entry: AuditEntry, count: number): void {
    const alike = waiting.get(key)
    if (alike) alike.count += count
    else waiting.set(key, { entry, count })
  }

  function flush(): Promise<void> {
    const written = flushing.then(write)
    flushing = written.catch(() => undefined)
    return written
  }

  return {
    record(entry) {
      const key = entryKey(entry)
      if (!waiting.has(key) && waiting.size + underWay >= limits.waitingEntries) {
        observer.dropped(entry.count ?? 1)
        return
      }
      add(key, entry, entry.count ?? 1)
      if (waiting.size === limits.flushEntries && failures === 0) {
        clearTimeout(timer)
        timer = undefined
        arm(0)
      } else arm(limits.flushMs)
    },
    flush,
    async stop() {
      for (let tries = 0; tries < LAST_TRIES; tries += 1) {
        const failed = await flush().then(
          () => false,
          () => true,
        )
        if (!failed) break
        await Bun.sleep(FIRST_RETRY_MS)
      }
      clearTimeout(timer)
      const lost = [...waiting.values()].reduce((sum, { count }) => sum + count, 0)
      waiting = new Map()
      if (lost > 0) observer.dropped(lost)
    },
  }
}
