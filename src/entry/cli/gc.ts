import type { CollectOptions, CollectReport, DigestExplanation } from '../../features/lifecycle/index.ts'
import { type Digest, parseDigest } from '../../oci/index.ts'
import { createProgress } from '../../platform/progress/index.ts'
import { formatBytes } from './bytes.ts'

export interface GcFlags {
  readonly dryRun?: boolean
  readonly json?: boolean
  readonly explain?: string
}

export interface GcCommand {
  collect(options: CollectOptions): Promise<CollectReport>
  explain(digest: Digest): Promise<DigestExplanation>
}

/** `berth gc`: collects garbage beside a running server, or says why a digest is kept. Gives the exit code. */
export async function gcCommand({ collect, explain }: GcCommand, flags: GcFlags): Promise<number> {
  if (flags.explain !== undefined) {
    const explanation = await explain(parseDigest(flags.explain))
    print(flags.json ? JSON.stringify(explanation) : explainText(explanation))
    return 0
  }
  const progress = createProgress('collecting', 'candidates')
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  const report = await collect({
    dryRun: flags.dryRun ?? false,
    signal: stop.signal,
    onProgress: progress.update,
    ...(flags.json
      ? {}
      : {
          onRemoved: ({ repository, kind, digest }) =>
            print(`${flags.dryRun ? 'would remove' : 'removed'} ${kind} ${digest} from ${repository}`),
        }),
  })
  progress.end()
  print(
    flags.json
      ? JSON.stringify({ ...report, interrupted: stop.signal.aborted })
      : reportText(report, stop.signal.aborted),
  )
  return stop.signal.aborted ? 1 : 0
}

function reportText(report: CollectReport, interrupted: boolean): string {
  const [verb, freed] = report.dryRun ? ['Would remove', 'would free'] : ['Removed', 'freed']
  const state = interrupted ? ' Interrupted: the next run goes on from here.' : ''
  const trash =
    report.trash > 0 ? ` ${report.trash} entries of the trash ${report.dryRun ? 'would end' : 'ended'}.` : ''
  return `${verb} ${report.manifests} manifests, ${report.blobLinks} blobs from their repositories and ${report.uploads} abandoned uploads; ${report.objects} stored objects, ${freed} ${formatBytes(report.freedBytes)} (${report.freedBytes} bytes).${trash}${state}`
}

function explainText({ summary, object, places }: DigestExplanation): string {
  const stored = object ? [`  stored: ${formatBytes(object.sizeBytes)}, ${object.state}`] : []
  return [
    summary,
    ...stored,
    ...places.map(place => `  ${place.repository}: ${place.kind} ${place.decision}: ${place.because}`),
  ].join('\n')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
