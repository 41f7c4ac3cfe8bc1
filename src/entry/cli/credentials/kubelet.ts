import { namesServer } from './docker.ts'
import { audienceOf, exchange, serverOf, TOKEN_USERNAME } from './exchange.ts'
import { CredentialsFault, type Surroundings } from './surroundings.ts'
import { ownIdToken } from './workload-identity.ts'

const API = 'credentialprovider.kubelet.k8s.io/v1'
/** The kubelet asks anew before the token ends. */
const MARGIN_SECONDS = 30

/**
 * An image credential provider as the kubelet runs them: a CredentialProviderRequest gives a CredentialProviderResponse.
 * The pod's service account token comes in the request (`tokenAttributes`, Kubernetes 1.34), else the node's own is used.
 * @throws CredentialsFault.
 */
export async function kubeletCredentialProvider(surroundings: Surroundings, input: string): Promise<string> {
  const { image, serviceAccountToken } = parseRequest(input)
  const server = serverOf(surroundings)
  const registry = image.split('/')[0] ?? ''
  const none = respond({})
  if (!namesServer(registry, server)) return none
  const idToken = serviceAccountToken || (await ownIdToken(surroundings, audienceOf(surroundings, server)))
  if (!idToken) return none
  const { token, expiresAt } = await exchange(surroundings, server, idToken)
  const seconds = Math.max(0, Math.floor((expiresAt - surroundings.now()) / 1000) - MARGIN_SECONDS)
  return respond({ [registry]: { username: TOKEN_USERNAME, password: token } }, seconds)
}

function parseRequest(input: string): { readonly image: string; readonly serviceAccountToken?: string } {
  let request: Record<string, unknown>
  try {
    request = JSON.parse(input) as Record<string, unknown>
  } catch (error) {
    throw new CredentialsFault('expected a CredentialProviderRequest on the input', { cause: error })
  }
  const { apiVersion, kind, image, serviceAccountToken } = request ?? {}
  if (apiVersion !== API || kind !== 'CredentialProviderRequest' || typeof image !== 'string') {
    throw new CredentialsFault(`expected a CredentialProviderRequest of ${API} on the input`)
  }
  return { image, ...(typeof serviceAccountToken === 'string' ? { serviceAccountToken } : {}) }
}

/** kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1 */
function respond(auth: Readonly<Record<string, { username: string; password: string }>>, cacheSeconds = 0): string {
  return JSON.stringify({
    apiVersion: API,
    kind: 'CredentialProviderResponse',
    // A rule may speak of one repository, but the token says so itself: it is the same for every image here.
    cacheKeyType: 'Registry',
    cacheDuration: `${cacheSeconds}s`,
    auth,
  })
}
