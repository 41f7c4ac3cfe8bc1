import type { Outbound, TlsFiles } from '../outbound.ts'
import { DeliveryFailed } from '../sink.ts'

const TIMEOUT_MS = 30_000
const MOST_ANSWER_BYTES = 1 << 20
const MOST_TOLD_CHARACTERS = 200

export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly tls?: TlsFiles
  readonly signal: AbortSignal
}

/** Gives the body of a 2xx answer. @throws DeliveryFailed for any other. */
export async function post(outbound: Outbound, { url, headers, body, tls, signal }: Post): Promise<string> {
  const request = { method: 'POST', headers, body, timeoutMs: TIMEOUT_MS, maxBytes: MOST_ANSWER_BYTES, signal }
  const response = await outbound.fetch(url, { ...request, ...(tls ? { tls } : {}) })
  const answer = await response.text()
  if (response.ok) return answer
  const told = JSON.stringify(answer.slice(0, MOST_TOLD_CHARACTERS))
  throw new DeliveryFailed(`answered ${response.status}: ${told}`, retryAfterMs(response))
}

/** RFC 9110, section 10.2.3, in seconds; a date is left to our own patience. */
function retryAfterMs(response: Response): number | undefined {
  const value = response.headers.get('Retry-After') ?? ''
  return /^\d{1,5}$/.test(value) ? Number(value) * 1000 : undefined
}
