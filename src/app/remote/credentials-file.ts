import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CommandError } from '../command-error.ts'

/** Who somebody is at a server, by a token that can be revoked; never by a password. */
export interface StoredLogin {
  readonly name: string
  readonly token: string
  /** Absent for a token that was given and not made by `berth login`. */
  readonly id?: string
}

export interface StoredLogins {
  /** The server that commands speak to when BERTH_URL does not name one. */
  readonly current?: string | undefined
  readonly servers: Readonly<Record<string, StoredLogin>>
}

/** `$XDG_CONFIG_HOME/berth/credentials.json`, or below ~/.config. */
export function credentialsFile(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'berth', 'credentials.json')
}

/** @throws CommandError when somebody else wrote in it. */
export function readLogins(file: string): StoredLogins {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { servers: {} }
    throw error
  }
  try {
    const { current, servers } = JSON.parse(text) as StoredLogins
    return { current, servers: { ...servers } }
  } catch (cause) {
    throw new CommandError(`${file} is not as berth login writes it: remove it and sign in again.`, { cause })
  }
}

/** Whole or not at all, and for its owner's eyes only. */
export function writeLogins(file: string, logins: StoredLogins): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const own = `${file}.${process.pid}`
  writeFileSync(own, `${JSON.stringify(logins, undefined, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(own, file)
}
