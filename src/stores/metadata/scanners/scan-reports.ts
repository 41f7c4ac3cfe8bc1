import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import { chunks } from '../chunks.ts'
import type { Engine, Queries } from '../engine.ts'
import { idOf } from '../repositories.ts'

/** What another scanner found in an image. Times are milliseconds since the epoch. */
export interface ScanReport {
  /** UUIDv7. */
  readonly id: string
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly scanner: string
  readonly version: string | undefined
  readonly format: string
  readonly findings: number
  readonly madeAt: number | undefined
  readonly receivedAt: number
  readonly receivedBy: string
}

export interface ReportedFinding {
  readonly vulnerability: string
  readonly package: string
  readonly version: string
  readonly fixedIn: string | undefined
  readonly severity: 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown'
}

export interface NewScanReport extends Omit<ScanReport, 'findings'> {
  readonly found: readonly ReportedFinding[]
}

/** The outcome of keeping one: the image is gone, or has reports of as many other scanners as it may. */
export type ReportKept = 'kept' | 'unknown image' | 'too many'

export interface ScanReports {
  /** In place of the scanner's last one about the image; durable. @param most scanners of one image. */
  keep(report: NewScanReport, most: number, record?: Recording<ReportKept>): Promise<ReportKept>
  /** By the names of the scanners. */
  of(repository: RepositoryName, digest: Digest): Promise<readonly ScanReport[]>
  /** As the scanner told them. */
  findingsOf(report: string): Promise<readonly ReportedFinding[]>
  /** Those received before; gives how many went. At most `most` at a time. */
  forget(before: number, most: number): Promise<number>
}

export function createScanReports(engine: Engine): ScanReports {
  return {
    keep: (report, most, record) => recordedWrite(engine, record, queries => keepReport(queries, report, most)),
    async of(repository, digest) {
      const rows = await engine.db
        .selectFrom('scan_reports')
        .selectAll()
        .where('repository_id', '=', idOf(engine.db, repository))
        .where('digest', '=', digest)
        .orderBy('scanner')
        .execute()
      return rows.map(row => ({
        id: row.id,
        repository,
        digest,
        scanner: row.scanner,
        version: row.version ?? undefined,
        format: row.format,
        findings: row.findings,
        madeAt: row.made_at ?? undefined,
        receivedAt: row.received_at,
        receivedBy: row.received_by,
      }))
    },
    async findingsOf(report) {
      const rows = await engine.db
        .selectFrom('scan_report_findings')
        .selectAll()
        .where('report_id', '=', report)
        .orderBy('position')
        .execute()
      return rows.map(row => ({
        vulnerability: row.vulnerability,
        package: row.package,
        version: row.version,
        fixedIn: row.fixed_in ?? undefined,
        severity: row.severity,
      }))
    },
    forget: (before, most) =>
      engine.write(
        async queries => {
          const old = await queries
            .selectFrom('scan_reports')
            .select('id')
            .where('received_at', '<', before)
            .orderBy('received_at')
            .limit(most)
            .execute()
          if (old.length > 0)
            await queries
              .deleteFrom('scan_reports')
              .where(
                'id',
                'in',
                old.map(({ id }) => id),
              )
              .execute()
          return old.length
        },
        { durable: false },
      ),
  }
}

async function keepReport(queries: Queries, report: NewScanReport, most: number): Promise<ReportKept> {
  const { repository, digest, scanner } = report
  const manifest = await queries
    .selectFrom('manifests')
    .select('repository_id')
    .where('repository_id', '=', idOf(queries, repository))
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (!manifest) return 'unknown image'
  const { repository_id } = manifest
  await queries
    .deleteFrom('scan_reports')
    .where('repository_id', '=', repository_id)
    .where('digest', '=', digest)
    .where('scanner', '=', scanner)
    .execute()
  const others = await queries
    .selectFrom('scan_reports')
    .select('id')
    .where('repository_id', '=', repository_id)
    .where('digest', '=', digest)
    .execute()
  if (others.length >= most) return 'too many'
  await queries
    .insertInto('scan_reports')
    .values({
      id: report.id,
      repository_id,
      digest,
      scanner,
      version: report.version ?? null,
      format: report.format,
      findings: report.found.length,
      made_at: report.madeAt ?? null,
      received_at: report.receivedAt,
      received_by: report.receivedBy,
    })
    .execute()
  const rows = report.found.map(({ fixedIn, ...finding }, position) => ({
    ...finding,
    report_id: report.id,
    position,
    fixed_in: fixedIn ?? null,
  }))
  for (const some of chunks(rows)) await queries.insertInto('scan_report_findings').values(some).execute()
  return 'kept'
}
