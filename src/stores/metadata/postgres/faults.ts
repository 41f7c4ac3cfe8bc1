import { Moved, OutcomeUnknown, RunAgain, Unavailable } from '../../../platform/outcome/index.ts'

/** PostgreSQL, appendix A: serialization_failure, deadlock_detected. The transaction did nothing and may run again. */
const AGAIN = new Set(['40001', '40P01'])
/**
 * Appendix A, classes 08 (connection), 53 (resources, 53300 too many connections), 57P (shutdown), 55P03 (lock not
 * available), 57014 (statement time-out), and what postgres.js and the socket say when there is no connection.
 */
const UNREACHABLE =
  /^(08\w{3}|53[0-3]00|57P0[1-5]|55P03|57014|CONNECT\w*|CONNECTION_\w+|ECONN\w+|EPIPE|ENOENT|ETIMEDOUT|EAI_AGAIN|ENOTFOUND)$/

/** Raised by the triggers of a registry that is being moved (refuse-changes.ts). */
const REFUSED = 'BERTH'

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function mayRunAgain(error: unknown): boolean {
  return error instanceof RunAgain || AGAIN.has(codeOf(error))
}

/** @param committing whether the commit was on its way, so that it may have happened. */
export function translate(error: unknown, committing: boolean): unknown {
  const reason = error instanceof Error ? error.message : String(error)
  if (codeOf(error) === REFUSED) return new Moved(reason, { cause: error })
  const silent = error instanceof Unavailable
  if (!silent && !UNREACHABLE.test(codeOf(error))) return error
  if (committing) return new OutcomeUnknown(`PostgreSQL was lost during a commit: ${reason}`, { cause: error })
  if (silent) return error
  return new Unavailable(`PostgreSQL cannot be used now: ${reason}`, { cause: error })
}
