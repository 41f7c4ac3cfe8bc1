import {
  type AuditFilter,
  type AuditFinding,
  type AuditRecord,
  type AuditVerifyOptions,
  type AuditVerifyReport,
  jsonLine,
  summaryOf,
  visible,
} from '../../features/audit/index.ts'
import { createProgress } from '../../platform/progress/index.ts'

export interface AuditFlags {
  readonly json?: boolean
}

export type VerifyAudit = (options: AuditVerifyOptions) => Promise<AuditVerifyReport>

/** `berth audit verify`: prints each finding as it comes. Gives 0 when all is well and 1 when something was found. */
export async function auditVerifyCommand(
  verify: VerifyAudit,
  known: NonNullable<AuditVerifyOptions['known']>,
  { json = false }: AuditFlags,
): Promise<number> {
  const findings: AuditFinding[] = []
  const progress = createProgress('verifying', 'records')
  const report = await verify({
    known,
    onProgress: progress.update,
    onFinding: finding => {
      if (json) findings.push(finding)
      else print(`${finding.kind}: record ${finding.sequence}: ${finding.detail}`)
    },
  })
  progress.end()
  print(json ? JSON.stringify({ ...report, findings }) : summaryText(report))
  return report.findings === 0 ? 0 : 1
}

function summaryText({
  records,
  checkpoints,
  signaturesChecked,
  findings,
  firstWrong,
  first = 1,
  head,
}: AuditVerifyReport) {
  const range = records === 0 ? '' : ` (${first} to ${head.sequence})`
  const signatures = signaturesChecked ? '' : ' Signatures were not checked: give the keys with --keys.'
  const verdict = findings === 0 ? 'All is well.' : `${findings} found; the first wrong record is ${firstWrong}.`
  const end = records === 0 ? '' : ` The last has the hash ${head.hash}.`
  return `Checked ${records} records${range} and ${checkpoints} checkpoints.${signatures} ${verdict}${end}`
}

export type FindAudit = (
  filter: AuditFilter,
  page: { readonly limit: number; readonly before?: number },
) => Promise<readonly AuditRecord[]>

/** `berth audit list`: newest first. */
export async function auditListCommand(
  find: FindAudit,
  filter: AuditFilter,
  { json = false, ...page }: AuditFlags & { readonly limit: number; readonly before?: number },
): Promise<number> {
  const records = await find(filter, page)
  for (const record of records) print(json ? jsonLine(record) : listLine(record))
  const last = records.at(-1)
  if (!json && last && records.length === page.limit) print(`There may be more: --before ${last.sequence}`)
  return 0
}

function listLine({ sequence, entry }: AuditRecord): string {
  const { actor, origin } = entry
  const from = origin.address === undefined ? '' : ` from ${origin.address}`
  const by = actor.authenticatedBy === undefined ? '' : ` (${actor.authenticatedBy})`
  return visible(`${sequence}  ${new Date(entry.at).toISOString()}  ${summaryOf(entry)}${by}${from}`)
}

export interface AuditExport {
  /** Oldest first, those after the sequence. */
  read(after: number, limit: number): Promise<readonly AuditRecord[]>
  readonly text: (record: AuditRecord) => string
}

const PAGE = 1000

/** `berth audit export`: all records as lines, oldest first, as fast as they are taken. */
export async function auditExportCommand({ read, text }: AuditExport, after: number): Promise<number> {
  let last = after
  for (let page = await read(last, PAGE); page.length > 0; page = await read(last, PAGE)) {
    const isTaken = process.stdout.write(page.map(record => `${text(record)}\n`).join(''))
    if (!isTaken) await new Promise<void>(resolve => process.stdout.once('drain', resolve))
    last = page.at(-1)?.sequence ?? last
  }
  return 0
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
