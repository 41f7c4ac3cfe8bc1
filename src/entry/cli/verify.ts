import type { Finding, VerifyOptions, VerifyReport } from '../../features/integrity/index.ts'
import { createProgress } from '../../platform/progress/index.ts'
import { formatBytes } from './bytes.ts'

export interface VerifyFlags {
  /** False for `--no-content`. */
  readonly content: boolean
  readonly json?: boolean
}

export type Verify = (options: Pick<VerifyOptions, 'content' | 'onFinding' | 'onProgress'>) => Promise<VerifyReport>

/** `berth verify`: prints each finding as it comes. Gives 0 when all is well and 1 when something was found. */
export async function verifyCommand(verify: Verify, { content, json = false }: VerifyFlags): Promise<number> {
  const findings: Finding[] = []
  const progress = createProgress('verifying', content ? 'bytes' : 'blobs')
  const report = await verify({
    content,
    onProgress: progress.update,
    onFinding: finding => (json ? findings.push(finding) : print(textOf(finding))),
  })
  progress.end()
  print(json ? JSON.stringify({ ...report, content, findings }) : summaryOf(report, content))
  return report.findings === 0 ? 0 : 1
}

function textOf({ kind, repository, digest, detail, action }: Finding): string {
  return `${kind}: ${repository ? `${repository}@` : ''}${digest}: ${detail} (${action})`
}

function summaryOf({ blobs, bytes, manifests, objects, findings }: VerifyReport, content: boolean): string {
  const read = content ? `, ${formatBytes(bytes)} read and hashed` : ', sizes only'
  const verdict = findings === 0 ? 'All is well.' : `${findings} found.`
  return `Checked ${blobs} blobs${read}, ${manifests} manifests and ${objects} stored objects. ${verdict}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
