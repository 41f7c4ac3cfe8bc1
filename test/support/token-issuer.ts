import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

export interface TokenIssuer extends Disposable {
  readonly url: string
  /** What was asked of it: the paths. */
  readonly asked: string[]
  /** Signs with the newest key. @param header in place of what it would be, or besides. */
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
  /** Another key, published from now on beside the others. */
  rotate(algorithm?: string): Promise<void>
  /** The newest key is no longer published; it still signs. */
  withdraw(): void
  /** What it answers while it is set; undefined: as it would. */
  answer: ((path: string) => Response | undefined) | undefined
}

/** An issuer of ID tokens: a server of discovery document and keys, on loopback. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const keys: { kid: string; algorithm: string; pair: KeyPair; published: boolean }[] = []
  const asked: string[] = []
  const rotate = async (algorithm = 'RS256') => {
    const pair = await generateKeyPair(algorithm, { extractable: true })
    keys.push({ kid: `key-${keys.length + 1}`, algorithm, pair, published: true })
  }
  await rotate()
  const newest = () => keys.at(-1) as (typeof keys)[number]
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const path = new URL(request.url).pathname
      asked.push(path)
      const answer = issuer.answer?.(path)
      if (answer) return answer
      if (path === '/.well-known/openid-configuration') {
        return Response.json({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` })
      }
      if (path !== '/keys') return new Response('nothing here', { status: 404 })
      const published = keys.filter(key => key.published)
      const documents = published.map(async ({ kid, algorithm, pair }) => ({
        ...(await exportJWK(pair.publicKey)),
        kid,
        alg: algorithm,
        use: 'sig',
      }))
      return Response.json({ keys: await Promise.all(documents) })
    },
  })
  const issuer: TokenIssuer = {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    answer: undefined,
    rotate,
    withdraw() {
      newest().published = false
    },
    sign(claims, header = {}) {
      const { kid, algorithm, pair } = newest()
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(pair.privateKey)
    },
    [Symbol.dispose]: () => server.stop(true),
  }
  return issuer
}
