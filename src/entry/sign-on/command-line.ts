import type { WaitingCommandLine } from '../../features/sign-on/index.ts'
import { RegistryError } from '../../oci/index.ts'

const PARAMETERS = new Set(['cli_port', 'cli_challenge'])

/**
 * The command line that began this, by `cli_port` and `cli_challenge`; undefined when none did. Nothing else may be
 * asked for, so that nobody can have a browser sent elsewhere from here.
 * @throws INVALID.
 */
export function commandLineOf(query: URLSearchParams): WaitingCommandLine | undefined {
  const names = [...query.keys()]
  const unknown = names.find(name => !PARAMETERS.has(name))
  if (unknown !== undefined) throw new RegistryError('INVALID', 'A sign-on takes no such parameter.')
  if (names.length === 0) return undefined
  const [port, challenge] = [query.get('cli_port') ?? '', query.get('cli_challenge') ?? '']
  if (names.length !== 2 || !/^[1-9]\d{3,4}$/.test(port) || Number(port) < 1024 || Number(port) > 65_535)
    throw new RegistryError('INVALID', 'cli_port is not a port from 1024 to 65535, beside one cli_challenge.')
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge))
    throw new RegistryError('INVALID', 'cli_challenge is not a SHA-256 in Base64url.')
  return { port: Number(port), challenge }
}

/** On the machine of the browser, and nowhere else. It knows its own by the challenge. */
export function addressOf(
  { port, challenge }: WaitingCommandLine,
  answer: { readonly code: string } | { readonly error: string; readonly error_description: string },
): string {
  return `http://127.0.0.1:${port}/?${new URLSearchParams({ ...answer, state: challenge })}`
}
