import pino from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Structured, one JSON object a line; fields first, then the message. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Writes to standard error, so that the output of a command stays its own. */
export function createLog(level: LogLevel): Log {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: ['req.headers.authorization', 'headers.authorization', 'password', 'token', 'secret'],
  }
  return pino(options, pino.destination({ dest: 2, sync: true }))
}
