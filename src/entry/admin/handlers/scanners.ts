import {
  addScanner,
  askScanner,
  compareScanners,
  listReports,
  listScanners,
  pushReport,
  removeScanner,
  type Scanner,
  type ScanReport,
} from '../../../features/scanners/index.ts'
import type { Handlers } from '../handler.ts'
import { instant, instantOrNone } from '../views.ts'

type Operations =
  | 'listScanners'
  | 'addScanner'
  | 'removeScanner'
  | 'askScanner'
  | 'pushReport'
  | 'listReports'
  | 'compareScanners'

const MOST_SHOWN = 5000

export const SCANNERS: Handlers<Operations> = {
  listScanners: async ({ scanners, permit }) => ({ items: (await listScanners(scanners, permit)).map(scannerView) }),
  addScanner: async ({ scanners, permit, body }) => scannerView(await addScanner(scanners, permit, body)),
  async removeScanner({ scanners, permit, params }) {
    await removeScanner(scanners, permit, params.scanner)
    return undefined
  },
  async askScanner({ scanners, permit, query: { reference }, body: { scanner } }) {
    await askScanner(scanners, permit, { reference, scanner })
    return undefined
  },
  pushReport: async ({ scanners, permit, query: { reference }, body }) =>
    reportView(await pushReport(scanners, permit, { reference, ...body })),
  async listReports({ scanners, permit, query }) {
    const { reports, requests } = await listReports(scanners, permit, query.reference)
    return {
      items: reports.map(reportView),
      requests: requests.map(({ scanner, isGivenUp, problem, askedAt }) => ({
        scanner,
        state: isGivenUp ? ('given up' as const) : ('waiting' as const),
        problem,
        askedAt: instant(askedAt),
      })),
    }
  },
  async compareScanners({ scanners, permit, query }) {
    const { scanners: asked, compared } = await compareScanners(scanners, permit, query.reference)
    return {
      scanners: asked.map(({ name, findings, report }) => ({
        name,
        findings,
        version: report?.version,
        receivedAt: instantOrNone(report?.receivedAt),
      })),
      items: compared.slice(0, MOST_SHOWN).map(({ vulnerability, package: name, version, by }) => ({
        id: vulnerability,
        package: name,
        version,
        isFoundByAll: by.size === asked.length,
        by: Object.fromEntries(by),
      })),
      differences: compared.filter(({ by }) => by.size < asked.length).length,
      isCut: compared.length > MOST_SHOWN,
    }
  },
}

/** Without what it is shown to prove who asks. */
function scannerView({ name, url, authorization, isAutomatic, vendor, version, createdAt, createdBy }: Scanner) {
  return {
    name,
    url,
    hasAuthorization: authorization !== undefined,
    isAutomatic,
    vendor,
    version,
    createdAt: instant(createdAt),
    createdBy,
  }
}

function reportView(report: ScanReport) {
  const { id, digest, scanner, version, format, findings, madeAt, receivedAt, receivedBy } = report
  return {
    id,
    digest,
    scanner,
    version,
    format,
    findings,
    madeAt: instantOrNone(madeAt),
    receivedAt: instant(receivedAt),
    receivedBy,
  }
}
