export { pause } from './pause.ts'

/** Milliseconds since the epoch; handed in, so that a test can turn it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
