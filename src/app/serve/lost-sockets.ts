import type { Log } from '../../platform/telemetry/index.ts'

/**
 * postgres.js (3.4.9) writes to a connection from a timer and does not look whether it was lost meanwhile: what was to be
 * sent failed already, and its sender knows. A server must not end for it when its database restarts. Everything else that
 * nobody caught ends the process, as it does without this.
 */
export function surviveLostSockets(log: Log): void {
  process.on('uncaughtException', error => {
    if (isLostSocket(error))
      return log.warn({ err: error }, 'a connection to PostgreSQL was lost while it was written to')
    log.error({ err: error }, 'an error that nobody caught ends the server')
    process.exit(1)
  })
}

export function isLostSocket(error: unknown): boolean {
  if (!(error instanceof TypeError) || error.stack === undefined) return false
  return /\bnextWrite\b[^\n]*postgres[\\/](src|cjs)[\\/]/.test(error.stack) && error.message.includes('socket.write')
}
