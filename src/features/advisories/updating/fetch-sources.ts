import type { AdvisorySource } from '../../../stores/metadata/index.ts'
import type { Advising, ConfiguredSource } from '../advising.ts'
import { fetchArtifact, isArtifact } from './fetch-artifact.ts'
import { type TakenIn, takeIn } from './take-in.ts'

/** Hundreds of megabytes over a slow line. */
const TIMEOUT_MS = 3_600_000
const MOST_REDIRECTS = 5

/** What became of one address. */
export interface Fetched {
  readonly source: string
  readonly outcome: 'used' | 'unchanged' | 'failed'
  readonly records?: number | undefined
  readonly changed?: number | undefined
  readonly problem?: string | undefined
}

/** Each configured address as the source it is listed as: those with a hole in them for every ecosystem there is. */
export async function addressesOf(advising: Advising): Promise<readonly ConfiguredSource[]> {
  const { sources } = advising.settings
  const ecosystems = sources.some(isForEcosystems) ? await ecosystemsOf(advising) : []
  return sources.flatMap(source =>
    isForEcosystems(source)
      ? ecosystems.map(ecosystem => ({
          name: `${source.name}:${ecosystem}`,
          url: source.url.replaceAll('{ecosystem}', encodeURIComponent(ecosystem)),
        }))
      : [source],
  )
}

const isForEcosystems = ({ url }: ConfiguredSource) => url.includes('{ecosystem}')

/** OSV publishes all releases of a distribution together. */
async function ecosystemsOf({ tables }: Advising): Promise<readonly string[]> {
  const all = await tables.lookup.ecosystems()
  return [...new Set(all.map(ecosystem => ecosystem.split(':', 1)[0] as string))]
}

export interface Fetching {
  readonly signal: AbortSignal
  /** Only those whose time has come. */
  readonly isScheduled?: boolean
  /** Only those of that name. */
  readonly source?: string | undefined
  /** Is told of each when it has ended. */
  readonly heard?: ((fetched: Fetched) => void | Promise<void>) | undefined
}

/** After a fault, a source is asked again sooner. */
const MOST_PATIENCE_MS = 900_000

/** Asks configured addresses for what is newer. One that fails keeps what counted before, and the others go on. */
export async function fetchSources(
  advising: Advising,
  { signal, isScheduled = false, source: wanted, heard }: Fetching,
): Promise<readonly Fetched[]> {
  const known = new Map((await advising.tables.sources.list(advising.clock())).map(source => [source.id, source]))
  // Where there is no package, nobody asks what is wrong with any.
  if (isScheduled && (await advising.tables.lookup.ecosystems()).length === 0) return []
  const all: Fetched[] = []
  for (const source of await addressesOf(advising)) {
    if (wanted !== undefined && source.name !== wanted && !source.name.startsWith(`${wanted}:`)) continue
    if (isScheduled && !isDue(advising, known.get(source.name))) continue
    signal.throwIfAborted()
    const fetched = await fetchSource(advising, source, known.get(source.name), signal)
    all.push(fetched)
    await heard?.(fetched)
  }
  return all
}

function isDue({ settings, clock }: Advising, known: AdvisorySource | undefined): boolean {
  const { intervalMs } = settings
  const sinceTried = clock() - (known?.triedAt ?? 0)
  return sinceTried >= (known?.problem === undefined ? intervalMs : Math.min(intervalMs, MOST_PATIENCE_MS))
}

async function fetchSource(
  advising: Advising,
  source: ConfiguredSource,
  known: AdvisorySource | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const { name } = source
  try {
    return isArtifact(source)
      ? await askRegistry(advising, source, known, signal)
      : await ask(advising, source, known, signal)
  } catch (error) {
    signal.throwIfAborted()
    const problem = error instanceof Error ? error.message : String(error)
    advising.failed(error, name)
    const format = known?.format ?? 'unknown'
    await advising.tables.sources.notReached({ id: name, format }, advising.clock(), problem)
    return { source: name, outcome: 'failed', problem }
  }
}

async function ask(
  advising: Advising,
  { name, url }: ConfiguredSource,
  known: AdvisorySource | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const { mostBytes } = advising.settings
  const isSame = known?.origin === url
  const response = await advising.outbound.fetch(url, {
    headers: {
      Accept: '*/*',
      ...(isSame && known.etag !== undefined ? { 'If-None-Match': known.etag } : {}),
      ...(isSame && known.lastModified !== undefined ? { 'If-Modified-Since': known.lastModified } : {}),
    },
    redirects: MOST_REDIRECTS,
    timeoutMs: TIMEOUT_MS,
    maxBytes: mostBytes,
    signal,
  })
  if (response.status === 304) {
    await response.body?.cancel()
    await advising.tables.sources.notChanged(name, advising.clock())
    return { source: name, outcome: 'unchanged' }
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw new Error(`${url} answered ${response.status}.`)
  }
  return fetchedOf(name, await download(advising, response, { name, url }, signal))
}

async function askRegistry(
  advising: Advising,
  source: ConfiguredSource,
  known: AdvisorySource | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const taken = await fetchArtifact(advising, source, known, signal)
  if (taken) return fetchedOf(source.name, taken)
  await advising.tables.sources.notChanged(source.name, advising.clock())
  return { source: source.name, outcome: 'unchanged' }
}

function fetchedOf(source: string, { used: [one] }: TakenIn): Fetched {
  const outcome = one?.changed === 0 ? 'unchanged' : 'used'
  return { source, outcome, records: one?.records, changed: one?.changed }
}

async function download(
  advising: Advising,
  response: Response,
  { name, url }: ConfiguredSource,
  signal: AbortSignal,
): Promise<TakenIn> {
  await using spool = await advising.openSpool()
  // Whole before any of it is read: half a file is nothing.
  const file = await spool.keep(url, response.body as ReadableStream<Uint8Array>, advising.settings.mostBytes)
  const expected = response.headers.get('Content-Length')
  if (expected !== null && Number(expected) !== file.sizeBytes)
    throw new Error(`${url} has ${expected} bytes, and ${file.sizeBytes} came.`)
  const one = async function* () {
    yield file
  }
  return await takeIn(advising, one(), {
    origin: url,
    source: name,
    etag: response.headers.get('ETag') ?? undefined,
    lastModified: response.headers.get('Last-Modified') ?? undefined,
    signal,
  })
}
