import type { Config } from '../config/index.ts'

/** What a command needs of the command line around it. */
export interface CommandContext {
  /** The effective settings, with those given as flags of the command. @throws ConfigError. */
  config(flags?: Readonly<Record<string, unknown>>): Config
  /** Runs the command's work; its result is the exit code. 0: done. 1: found something. 2: could not run. */
  finish(work: Promise<number> | number): Promise<void>
}
