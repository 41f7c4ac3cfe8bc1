import { RegistryError } from '../../oci/index.ts'

/** RFC 6749, section 5.2. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: 'invalid_request' | 'invalid_grant' | 'invalid_scope' | 'unsupported_grant_type'

  constructor(code: OAuthError['code'], description: string) {
    super(description)
    this.code = code
  }
}

/** The answer in OAuth's shape. Some clients read the registry's own, so that its errors are in there too. */
export function oauthAnswer(error: unknown): Response {
  if (error instanceof OAuthError) return answer(400, error.code, error.message)
  if (!(error instanceof RegistryError) || error.status >= 500) throw error
  const { status, code, message, headers } = error
  return answer(status, status === 401 ? 'invalid_grant' : 'invalid_request', message, {
    errors: [{ code, message }],
    headers,
  })
}

function answer(
  status: number,
  error: string,
  description: string,
  { errors, headers = {} }: { errors?: readonly object[]; headers?: Readonly<Record<string, string>> } = {},
): Response {
  return Response.json(
    { error, error_description: description, ...(errors ? { errors } : {}) },
    { status, headers: { 'Cache-Control': 'no-store', ...headers } },
  )
}
