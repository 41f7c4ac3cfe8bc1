import { pause } from '../../platform/clock/index.ts'
import { OutboundFailed, OutboundRefused } from '../../platform/outbound/index.ts'
import type { ScannerRequest } from '../../stores/metadata/index.ts'
import { AdapterFault, askForReport, askForScan } from './adapter.ts'
import { readReport } from './reports/read-report.ts'
import { UnreadableReport } from './reports/report.ts'
import { MOST_REPORTS } from './reports-of-images.ts'
import { type Asking, BY_ITSELF, SEALED_FOR } from './scanners.ts'

const LOOK_MS = 1000
const BATCH = 100
const AT_ONCE = 4
const MOST_ATTEMPTS = 6
const FIRST_RETRY_MS = 5000
const HOUR_MS = 3_600_000
const IMAGE_CONFIGS = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
] as const

/** Asks scanners and takes their reports, until `signal`. @throws what the database says. */
export async function workWithScanners(signal: AbortSignal, asking: Asking): Promise<void> {
  while (!signal.aborted) {
    const done = await workOnce(asking)
    if (done === 0) await pause(LOOK_MS, signal)
  }
}

/** Gives how much there was to do. */
export async function workOnce(asking: Asking): Promise<number> {
  const { requests } = asking.tables
  const found = await requests.askForNew(IMAGE_CONFIGS, BY_ITSELF, asking.clock(), BATCH)
  const due = await requests.due(asking.clock(), AT_ONCE)
  await Promise.all(due.map(request => tryOne(asking, request)))
  return found + due.length
}

/** What a scanner does wrong is tried again later, and then given up with the reason. */
async function tryOne(asking: Asking, request: ScannerRequest): Promise<void> {
  const { requests } = asking.tables
  try {
    if (request.request === undefined) await begin(asking, request)
    else await takeReport(asking, request, request.request)
  } catch (error) {
    const isTheirs =
      error instanceof AdapterFault || error instanceof OutboundFailed || error instanceof UnreadableReport
    if (!isTheirs && !(error instanceof OutboundRefused)) throw error
    const attempts = request.attempts + 1
    const isOver = error instanceof OutboundRefused || attempts >= MOST_ATTEMPTS
    const dueAt = isOver ? undefined : asking.clock() + FIRST_RETRY_MS * 2 ** (attempts - 1)
    // Begun anew: whoever fails at a report seldom makes it later.
    await requests.note(request.id, { attempts, dueAt, problem: error.message })
    if (isOver) asking.failed(error, `${request.repository}@${request.digest}`, request.scanner.name)
  }
}

async function begin(asking: Asking, { id, scanner, ...image }: ScannerRequest): Promise<void> {
  const { tables, outbound, publicUrl, clock } = asking
  if (!scanner.consumes.includes(image.mediaType)) return tables.requests.done(id)
  if (publicUrl === undefined)
    throw new OutboundRefused('Scanners cannot be told where this registry is: set http.publicUrl.')
  const authorization = await asking.pullAuthorization(scanner.name, image.repository)
  const request = await askForScan(outbound, placeOf(asking, scanner), image, { url: publicUrl, authorization })
  await tables.requests.note(id, { request, attempts: image.attempts, dueAt: clock() + LOOK_MS })
}

async function takeReport(asking: Asking, { id, scanner, ...image }: ScannerRequest, request: string): Promise<void> {
  const { tables, outbound, clock } = asking
  const answer = await askForReport(outbound, placeOf(asking, scanner), request, scanner.produces)
  if (answer.outcome === 'unknown') throw new AdapterFault('it has forgotten that it was asked')
  if (answer.outcome === 'later') {
    if (clock() - image.askedAt > HOUR_MS) throw new AdapterFault('it makes no report within an hour')
    return tables.requests.note(id, {
      request,
      attempts: image.attempts,
      dueAt: clock() + answer.seconds * 1000,
    })
  }
  const { found, format, version, madeAt } = readReport(answer.document)
  const { repository, digest } = image
  const report = { repository, digest, scanner: scanner.name, format, version, madeAt, found }
  const received = { id: Bun.randomUUIDv7(), receivedAt: clock(), receivedBy: image.askedBy }
  await tables.reports.keep({ ...report, ...received }, MOST_REPORTS)
  await tables.requests.done(id)
}

function placeOf({ sealer }: Asking, { url, authorization }: ScannerRequest['scanner']) {
  if (authorization === undefined) return { url, authorization }
  if (!sealer) throw new AdapterFault('what it is to be shown cannot be opened: this server has no key')
  return { url, authorization: sealer.open(SEALED_FOR, authorization) }
}
