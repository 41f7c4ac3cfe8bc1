import { Unavailable } from '../../../platform/outcome/index.ts'

/** What sends requests out of Berth, and only to where it may. */
export interface Requests {
  readonly fetch: (
    url: string | URL,
    request?: {
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly body?: string
      readonly timeoutMs?: number
      readonly redirects?: number
      readonly maxBytes?: number
      readonly tls?: { readonly ca?: string }
    },
  ) => Promise<Response>
}

export const ANSWER_TIMEOUT_MS = 10_000
export const ANSWER_BYTES = 1024 * 1024

/** A JSON document. @throws Unavailable when it cannot be had or is none. */
export async function fetchJson(requests: Requests, url: string, ca?: string): Promise<Record<string, unknown>> {
  let document: unknown
  try {
    const response = await requests.fetch(url, {
      headers: { Accept: 'application/json' },
      timeoutMs: ANSWER_TIMEOUT_MS,
      maxBytes: ANSWER_BYTES,
      redirects: 0,
      ...(ca === undefined ? {} : { tls: { ca } }),
    })
    // Read whatever it is: an answer that is not read holds its connection.
    const text = await response.text()
    if (response.status !== 200) throw new Error(`it answered ${response.status}`)
    document = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Unavailable(`${url} cannot be read: ${reason}`, { cause: error })
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Unavailable(`${url} is not a JSON object.`)
  }
  return document as Record<string, unknown>
}

/** `https:` anywhere; `http:` on this machine only. */
export function isSecureUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
}
