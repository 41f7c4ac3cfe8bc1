import type { RequestState, ScanReport } from '../../stores/metadata/index.ts'
import { audited, conflict, invalid, notFound, type Permit } from '../access/index.ts'
import { imageNamed } from './images.ts'
import { readReport } from './reports/read-report.ts'
import { type ReadReport, UnreadableReport } from './reports/report.ts'
import { OWN, type Scanners } from './scanners.ts'

/** Of one image, beside Berth's own. */
export const MOST_REPORTS = 10
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

export interface ReportInput {
  readonly reference: string
  /** As which it is kept; as the report names its scanner unless given. */
  readonly scanner?: string | undefined
  readonly document: unknown
}

/** In place of the scanner's last one about the image. @throws INVALID saying what is wrong with it, CONFLICT, NOT_FOUND. */
export async function pushReport(
  scanners: Scanners,
  permit: Permit<'push'>,
  { reference, scanner, document }: ReportInput,
): Promise<ScanReport> {
  const { repository, digest } = await imageNamed(scanners, permit, reference)
  const read = readable(document)
  const name =
    scanner ??
    read.scanner
      ?.toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
  if (name === undefined || name.length > 64 || !NAME.test(name) || name === OWN)
    throw invalid({
      field: 'scanner',
      message: `expected up to 64 lower-case letters, digits, . _ or -, and not ${OWN}`,
    })
  const now = scanners.clock()
  const { found, format, version, madeAt } = read
  const report = { repository, digest, scanner: name, version, format, madeAt }
  const received = { id: Bun.randomUUIDv7(), receivedAt: now, receivedBy: permit.principal.name }
  const kept = await scanners.tables.reports.keep({ ...report, ...received, found }, MOST_REPORTS, outcome =>
    outcome === 'kept'
      ? [
          audited(permit, {
            at: now,
            type: 'scan-report.push',
            category: 'data write',
            outcome: 'success',
            resource: { digest },
            detail: { scanner: name, format, findings: found.length },
          }),
        ]
      : [],
  )
  if (kept === 'unknown image') throw notFound(`image ${repository}@${digest}`)
  if (kept === 'too many')
    throw conflict(`There are reports of ${MOST_REPORTS} other scanners about this image already.`)
  return { ...report, ...received, findings: found.length }
}

/** By the names of the scanners, and those that were asked and have not answered. @throws NOT_FOUND. */
export async function listReports(
  scanners: Scanners,
  permit: Permit<'pull'>,
  reference: string,
): Promise<{ readonly reports: readonly ScanReport[]; readonly requests: readonly RequestState[] }> {
  const { repository, digest } = await imageNamed(scanners, permit, reference)
  const [reports, requests] = await Promise.all([
    scanners.tables.reports.of(repository, digest),
    scanners.tables.requests.of(repository, digest),
  ])
  return { reports, requests }
}

/** Puts the image in line for a scanner. @throws NOT_FOUND, INVALID when the scanner does not take such images. */
export async function askScanner(
  scanners: Scanners,
  permit: Permit<'push'>,
  { reference, scanner: name }: { readonly reference: string; readonly scanner: string },
): Promise<void> {
  const image = await imageNamed(scanners, permit, reference)
  const scanner = await scanners.tables.list.find(name)
  if (!scanner) throw notFound(`scanner ${name}`)
  if (!scanner.consumes.includes(image.mediaType))
    throw invalid({ field: 'scanner', message: `${name} does not take manifests of type ${image.mediaType}` })
  const { repository, digest } = image
  const now = scanners.clock()
  const asked = { scanner: scanner.id, repository, digest, by: permit.principal.name, now }
  const isAsked = await scanners.tables.requests.ask(asked, isThere =>
    isThere
      ? [
          audited(permit, {
            at: now,
            type: 'scanner.ask',
            category: 'data write',
            outcome: 'success',
            resource: { digest },
            detail: { scanner: name },
          }),
        ]
      : [],
  )
  if (!isAsked) throw notFound(`image ${repository}@${digest}`)
}

function readable(document: unknown): ReadReport {
  try {
    return readReport(document)
  } catch (error) {
    if (error instanceof UnreadableReport) throw invalid({ field: 'document', message: error.message })
    throw error
  }
}
