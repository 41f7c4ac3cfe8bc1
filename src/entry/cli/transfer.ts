import type {
  ExportOptions,
  ExportReport,
  ImportOptions,
  ImportReport,
  TransferFailure,
} from '../../features/transfer/index.ts'
import { isRepositoryName, quoted, RegistryError, type RepositoryName } from '../../oci/index.ts'
import { createProgress } from '../../platform/progress/index.ts'
import { formatBytes } from './bytes.ts'

export interface TransferFlags {
  readonly repository?: string
  readonly json?: boolean
}

/** `berth export`. Gives 1 when something is damaged and was left out, or no repository was asked for that is there. */
export async function exportCommand(
  totalBlobs: number,
  run: (options: ExportOptions) => Promise<ExportReport>,
  { repository, json }: TransferFlags,
): Promise<number> {
  const progress = createProgress('exporting', 'blobs')
  const report = await run({
    wanted: wantedBy(repository),
    onProgress: done => progress.update(done, Math.max(done, totalBlobs)),
  })
  progress.end()
  const { repositories, manifests, tags, blobs, bytes, failures } = report
  const text = `Exported ${repositories} repositories with ${manifests} manifests, ${tags} tags and ${blobs} blobs, ${formatBytes(bytes)}; ${failures.length} failures.`
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`${[...failures.map(failure => `not exported: ${lineOf(failure)}`), text].join('\n')}\n`)
  return repositories > 0 && failures.length === 0 ? 0 : 1
}

/** `berth import`. Gives 1 when something in the archive could not be taken. */
export async function importCommand(
  run: (options: ImportOptions) => Promise<ImportReport>,
  { repository, json }: TransferFlags,
): Promise<number> {
  const progress = createProgress('importing', 'blobs and manifests')
  const report = await run({
    ...(repository === undefined ? {} : { repository: nameOf(repository) }),
    onProgress: done => progress.update(done, done),
  })
  progress.end()
  const { repositories, manifests, tags, blobs, skipped, failures } = report
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else {
    for (const failure of failures) process.stdout.write(`not taken: ${lineOf(failure)}\n`)
    process.stdout.write(
      `Imported ${repositories} repositories with ${manifests} manifests, ${tags} tags and ${blobs} blobs; ${skipped} blobs were there already; ${failures.length} failures.\n`,
    )
  }
  return failures.length === 0 ? 0 : 1
}

function lineOf({ repository, digest, reason }: TransferFailure): string {
  if (repository === '') return reason
  return `${repository}${digest ? `@${digest}` : ''}: ${reason}`
}

function nameOf(text: string): RepositoryName {
  if (isRepositoryName(text)) return text
  throw new RegistryError('NAME_INVALID', `--repository: ${quoted(text)} is not a repository name.`)
}

/** A name, or a beginning of names that ends in "*". */
function wantedBy(pattern: string | undefined): (repository: RepositoryName) => boolean {
  if (pattern === undefined) return () => true
  if (pattern.endsWith('*')) return repository => repository.startsWith(pattern.slice(0, -1))
  return repository => repository === pattern
}
