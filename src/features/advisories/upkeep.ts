import type { Advising } from './advising.ts'

const PART = 1000

/** Forgets findings that ended long ago. Gives how many. */
export async function forgetEndedFindings(
  { tables, settings, clock }: Pick<Advising, 'tables' | 'settings' | 'clock'>,
  signal: AbortSignal,
): Promise<number> {
  const before = clock() - settings.historyMs
  for (let forgotten = 0; ; ) {
    const part = await tables.matching.forgetEnded(before, PART)
    forgotten += part
    if (part < PART) return forgotten
    signal.throwIfAborted()
  }
}
