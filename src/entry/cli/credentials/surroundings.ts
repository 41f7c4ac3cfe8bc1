import type { Requests } from '../../../features/identity/external/index.ts'

/** What a helper of another program finds around it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly requests: Requests
  /** Undefined when there is no such file. */
  readFile(path: string): Promise<string | undefined>
  readonly kept: KeptTokens
  /** Milliseconds since the epoch. */
  now(): number
}

/**
 * Tokens of Berth that were got before, readable by nobody else. An ID token counts once and Docker asks before each
 * operation, so what it was exchanged for is used again while it lives.
 */
export interface KeptTokens {
  find(key: string): Promise<string | undefined>
  keep(key: string, content: string): Promise<void>
}

/** What keeps a helper from giving credentials, told to whoever started it. */
export class CredentialsFault extends Error {
  override readonly name = 'CredentialsFault'
}
