import { Cron } from 'croner'

/** Later than any time that comes: of an expression whose times are over. */
export const NEVER = 8.64e15

/**
 * When a cron expression, in UTC, says so next after `from`: milliseconds since the epoch, or {@link NEVER}.
 * @throws Error saying what is wrong with the expression.
 */
export function nextTime(schedule: string, from: number): number {
  return new Cron(schedule, { timezone: 'UTC', paused: true }).nextRun(new Date(from))?.getTime() ?? NEVER
}

/** What is wrong with it; undefined for a good one. */
export function scheduleFault(schedule: string, now: number): string | undefined {
  const fields = schedule.trim().split(/\s+/).length
  const isNickname = /^@[a-z]+$/.test(schedule)
  if (!isNickname && (fields < 5 || fields > 7))
    return 'expected a cron expression of five fields (minute, hour, day, month, weekday), such as "0 3 * * *"'
  try {
    return nextTime(schedule, now) === NEVER ? 'there is no such time to come' : undefined
  } catch (error) {
    return `this is no cron expression: ${error instanceof Error ? error.message : String(error)}`
  }
}
