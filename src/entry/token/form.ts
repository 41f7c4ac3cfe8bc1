import { OAuthError } from './oauth-error.ts'

const MOST_BYTES = 64 * 1024

/** @throws OAuthError when the body is no form or too large. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded')
    throw new OAuthError('invalid_request', 'The body is not application/x-www-form-urlencoded.')
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of request.body ?? []) {
    bytes += piece.length
    if (bytes > MOST_BYTES) throw new OAuthError('invalid_request', `The body has more than ${MOST_BYTES} bytes.`)
    pieces.push(piece)
  }
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'))
}
