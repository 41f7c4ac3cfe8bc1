import { CredentialsFault, type Surroundings } from './surroundings.ts'

/** GitHub's runner answers within moments or not at all. */
const TIMEOUT_MS = 10_000

/**
 * The ID token that whoever runs this has by itself: BERTH_ID_TOKEN (of GitLab's `id_tokens`, or whatever put it there),
 * the file BERTH_ID_TOKEN_FILE (a projected service account token), or one asked of GitHub's runner for the audience.
 * Undefined when there is none. @throws CredentialsFault when there should be one and it cannot be had.
 */
export async function ownIdToken(surroundings: Surroundings, audience: string): Promise<string | undefined> {
  const { environment } = surroundings
  const token = environment.BERTH_ID_TOKEN?.trim()
  if (token) return token
  const file = environment.BERTH_ID_TOKEN_FILE
  if (file) return fromFile(surroundings, file)
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = environment
  return url && bearer ? fromRunner(surroundings, url, bearer, audience) : undefined
}

async function fromFile({ readFile }: Surroundings, file: string): Promise<string> {
  const content = (await readFile(file))?.trim()
  if (!content) throw new CredentialsFault(`BERTH_ID_TOKEN_FILE: there is no token in ${file}`)
  return content
}

/** docs.github.com/en/actions/reference/security/oidc: a GET with the runner's own token gives `{ value }`. */
async function fromRunner({ requests }: Surroundings, url: string, bearer: string, audience: string): Promise<string> {
  const address = new URL(url)
  address.searchParams.set('audience', audience)
  const response = await requests.fetch(address, {
    headers: { Authorization: `bearer ${bearer}`, Accept: 'application/json' },
    timeoutMs: TIMEOUT_MS,
  })
  const text = await response.text()
  if (!response.ok) throw new CredentialsFault(`GitHub's runner gave no ID token: it answered ${response.status}`)
  const { value } = JSON.parse(text) as { readonly value?: unknown }
  if (typeof value !== 'string') throw new CredentialsFault("GitHub's runner gave no ID token")
  return value
}
