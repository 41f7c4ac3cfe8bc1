import type { Secret } from '../../platform/secrets/index.ts'

/** Somebody whom a directory knows. */
export interface DirectoryEntry {
  /** Stable for as long as the account is, and never given to another; unique in the directory. */
  readonly subject: string
  readonly name: string
  readonly displayName?: string
  readonly email?: string
  readonly groups: readonly string[]
}

/** A list of people and their passwords that somebody else keeps. */
export interface Directory {
  /**
   * Undefined when the name is unknown or the password wrong; which of the two is not told.
   * @throws Unavailable when the directory cannot be asked.
   */
  authenticate(name: string, password: Secret): Promise<DirectoryEntry | undefined>
}
