import type { Digest, RepositoryName } from '../../oci/index.ts'
import { excessOf, list, object, text, texts } from '../../platform/foreign-json/index.ts'
import type { Outbound } from '../../platform/outbound/index.ts'

/** The scanner answers in a way that it should not, or cannot do what it is asked. */
export class AdapterFault extends Error {
  override readonly name = 'AdapterFault'
}

export interface AdapterPlace {
  readonly url: string
  readonly authorization: string | undefined
}

export interface AdapterMetadata {
  readonly name: string | undefined
  readonly vendor: string | undefined
  readonly version: string | undefined
  /** Media types of manifests. */
  readonly consumes: readonly string[]
  /** The best of those kinds of report that Berth reads. */
  readonly produces: string
}

/** The better first. */
const REPORTS = [
  'application/vnd.security.vulnerability.report; version=1.1',
  'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
]
const TIMEOUT_MS = 30_000
const MOST_REPORT_BYTES = 64 << 20
const LONGEST_WAIT_SECONDS = 60
const DEFAULT_WAIT_SECONDS = 5

type Fetch = Pick<Outbound, 'fetch'>

/** What the scanner is, and what it can do. @throws AdapterFault, OutboundRefused, OutboundFailed. */
export async function askMetadata(outbound: Fetch, place: AdapterPlace): Promise<AdapterMetadata> {
  const response = await ask(outbound, place, 'metadata', {
    Accept: 'application/vnd.scanner.adapter.metadata+json; version=1.0, application/json',
  })
  const { scanner, capabilities } = object(await jsonOf(response, 200, 'its metadata', [place.authorization]))
  const { name, vendor, version } = object(scanner)
  for (const report of REPORTS) {
    for (const each of list(capabilities)) {
      const { consumes_mime_types, produces_mime_types, type } = object(each)
      if (type !== undefined && type !== 'vulnerability') continue
      if (!texts(...list(produces_mime_types)).some(produced => isSame(produced, report))) continue
      const consumes = texts(...list(consumes_mime_types))
      return { name: text(name), vendor: text(vendor), version: text(version), consumes, produces: report }
    }
  }
  throw new AdapterFault('it makes no report of vulnerabilities that Berth reads, by its metadata')
}

/** Has an image scanned; gives what the scanner calls that. @throws AdapterFault, OutboundRefused, OutboundFailed. */
export async function askForScan(
  outbound: Fetch,
  place: AdapterPlace,
  image: { readonly repository: RepositoryName; readonly digest: Digest; readonly mediaType: string },
  registry: { readonly url: string; readonly authorization: string | undefined },
): Promise<string> {
  const { repository, digest, mediaType } = image
  const { url, authorization } = registry
  const body = JSON.stringify({
    registry: { url, ...(authorization === undefined ? {} : { authorization }) },
    artifact: { repository, digest, mime_type: mediaType },
  })
  const headers = {
    'Content-Type': 'application/vnd.scanner.adapter.scan.request+json; version=1.0',
    Accept: 'application/vnd.scanner.adapter.scan.response+json; version=1.0, application/json',
  }
  const response = await ask(outbound, place, 'scan', headers, body)
  const secrets = [place.authorization, authorization]
  const id = text(object(await jsonOf(response, 202, 'the request to scan', secrets)).id)
  if (id === undefined) throw new AdapterFault('it took the request to scan and gave no id')
  return id
}

export type ReportAnswer =
  | { readonly outcome: 'made'; readonly document: unknown }
  | { readonly outcome: 'later'; readonly seconds: number }
  /** The scanner has forgotten the request, as after a restart. */
  | { readonly outcome: 'unknown' }

/** @throws AdapterFault, OutboundRefused, OutboundFailed. */
export async function askForReport(
  outbound: Fetch,
  place: AdapterPlace,
  request: string,
  produces: string,
): Promise<ReportAnswer> {
  const response = await ask(outbound, place, `scan/${encodeURIComponent(request)}/report`, { Accept: produces })
  if (response.status === 302) {
    await response.body?.cancel()
    const after = Number(response.headers.get('Refresh-After') ?? DEFAULT_WAIT_SECONDS)
    const seconds = Number.isFinite(after) ? Math.min(Math.max(after, 1), LONGEST_WAIT_SECONDS) : DEFAULT_WAIT_SECONDS
    return { outcome: 'later', seconds }
  }
  if (response.status === 404) {
    await response.body?.cancel()
    return { outcome: 'unknown' }
  }
  return {
    outcome: 'made',
    document: await jsonOf(response, 200, 'the question for its report', [place.authorization]),
  }
}

function ask(
  outbound: Fetch,
  { url, authorization }: AdapterPlace,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Response> {
  return outbound.fetch(`${url.replace(/\/+$/, '')}/api/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(authorization === undefined ? {} : { Authorization: authorization }) },
    body,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MOST_REPORT_BYTES,
  })
}

/** @param secrets that it was shown: what it says of itself is told to whoever may pull the image. */
async function jsonOf(
  response: Response,
  expected: number,
  what: string,
  secrets: readonly (string | undefined)[],
): Promise<unknown> {
  const said = await response.bytes()
  const excess = excessOf(said)
  if (excess !== undefined) throw new AdapterFault(`it answers ${what} with what cannot be taken: ${excess}`)
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(said))
  } catch {
    document = undefined
  }
  if (response.status !== expected) {
    const reason = secrets
      .flatMap(secret => (secret === undefined ? [] : [secret, secret.slice(secret.indexOf(' ') + 1)]))
      .reduce((said, secret) => said?.replaceAll(secret, '…'), text(object(object(document).error).message))
    throw new AdapterFault(
      `it answers ${what} with ${response.status}${reason === undefined ? '' : `: ${reason.slice(0, 300)}`}`,
    )
  }
  if (document === undefined) throw new AdapterFault(`it answers ${what} with something that is not JSON`)
  return document
}

function isSame(one: string, other: string): boolean {
  const plain = (type: string) => type.toLowerCase().replace(/["\s]/g, '')
  return plain(one) === plain(other)
}
