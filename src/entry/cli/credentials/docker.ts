import { audienceOf, exchange, serverOf, TOKEN_USERNAME } from './exchange.ts'
import { CredentialsFault, type Surroundings } from './surroundings.ts'
import { ownIdToken } from './workload-identity.ts'

export interface HelperOutcome {
  readonly output: string
  readonly code: 0 | 1
}

/** By this text Docker tells "none here" from a fault (credentials/error.go of docker-credential-helpers). */
const NOT_FOUND: HelperOutcome = { output: 'credentials not found in native keychain', code: 1 }
const DONE: HelperOutcome = { output: '', code: 0 }

/**
 * A credential helper as Docker runs them: `get` with a server on the input gives a name and a password, got for the
 * identity that whoever runs it has by itself. Nothing is stored, so there is nothing to erase or list.
 */
export async function dockerCredentialHelper(
  surroundings: Surroundings,
  action: string,
  input: string,
): Promise<HelperOutcome> {
  try {
    if (action === 'get') return await get(surroundings, input.trim())
    if (action === 'erase') return DONE
    if (action === 'list') return { output: '{}', code: 0 }
    if (action === 'store') {
      return { output: 'berth: credentials come from the identity of this job, so none are stored', code: 1 }
    }
    return { output: `Unknown credential action \`${action}\``, code: 1 }
  } catch (error) {
    if (!(error instanceof CredentialsFault)) throw error
    return { output: `berth: ${error.message}`, code: 1 }
  }
}

async function get(surroundings: Surroundings, wanted: string): Promise<HelperOutcome> {
  if (wanted === '') return { output: 'no credentials server URL', code: 1 }
  const server = serverOf(surroundings)
  // What is asked for another registry must not be told who we are.
  if (!namesServer(wanted, server)) return NOT_FOUND
  const idToken = await ownIdToken(surroundings, audienceOf(surroundings, server))
  if (idToken === undefined) return NOT_FOUND
  const { token } = await exchange(surroundings, server, idToken)
  return { output: JSON.stringify({ ServerURL: wanted, Username: TOKEN_USERNAME, Secret: token }), code: 0 }
}

/** Docker says `host`, `host:port` or a whole URL. */
export function namesServer(wanted: string, server: URL): boolean {
  const text = /^https?:\/\//.test(wanted) ? wanted : `${server.protocol}//${wanted}`
  return URL.canParse(text) && new URL(text).host === server.host
}
