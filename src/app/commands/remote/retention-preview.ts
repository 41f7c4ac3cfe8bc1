import type { Command } from 'commander'
import { printable, RemoteFault } from '../../../entry/remote/index.ts'
import { connect } from '../../remote/connect.ts'
import type { CommandContext } from '../context.ts'
import { readDocument } from './read-document.ts'

interface PreviewFlags {
  readonly json?: boolean
  readonly policy?: string
}

/** An image as a preview tells of it. */
export interface PreviewItem {
  readonly repository: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly action: 'keep' | 'delete'
  readonly rule: string | null
  readonly because: string
  readonly bytes: number
}

interface Report {
  readonly outcome: string
  readonly kept: number
  readonly deleted: number
  readonly freedBytes: number
}

/** Not through `remote`, which shows a whole value: this one may be of a million images. */
export function addRetentionPreview(retention: Command, context: CommandContext): void {
  retention
    .command('preview')
    .argument('<project>')
    .description(
      'each image, with the rule that keeps or deletes it; ends with 1 when a run would delete nothing for the fuse',
    )
    .option('--policy <file>', 'of this policy, in YAML or JSON, instead of the one there is')
    .option('--json', 'as JSON: keep and delete, lists of {repository, tags, digest, rule, bytes}')
    .action((project: string, flags: PreviewFlags) => context.finish(preview(project, flags)))
}

async function preview(project: string, { json, policy }: PreviewFlags): Promise<number> {
  const client = connect(process.env)
  const body = policy === undefined ? {} : { policy: (await readDocument(policy)) as never }
  const lines = client.lines('previewRetention', { params: { project }, body })
  const show = json ? new JsonLists() : new Lines()
  let report: Report | undefined
  for await (const line of lines) {
    if ('error' in line) throw new RemoteFault(500, line.error)
    if ('report' in line) report = line.report
    else await show.item(line)
  }
  if (!report) throw new RemoteFault(502, 'The answer broke off: the server may have been stopped. Try again.')
  await show.end(report)
  return report.outcome === 'fuse' ? 1 : 0
}

/** Written as they come; those that would be deleted, the fewer by far, are kept until the others have been written. */
class JsonLists {
  readonly #out = new Output()
  #kept = 0
  readonly #deleted: string[] = []

  async item({ repository, tags, digest, rule, bytes, action }: PreviewItem): Promise<void> {
    const text = JSON.stringify({ repository, tags, digest, rule, bytes })
    if (action === 'delete') this.#deleted.push(text)
    else {
      await this.#out.write(`${this.#kept === 0 ? '{"keep":[' : ','}${text}`)
      this.#kept += 1
    }
  }

  async end(_report: Report): Promise<void> {
    await this.#out.write(`${this.#kept === 0 ? '{"keep":[' : ''}],"delete":[`)
    for (const [at, text] of this.#deleted.entries()) await this.#out.write(at === 0 ? text : `,${text}`)
    await this.#out.write(']}\n')
    await this.#out.flush()
  }
}

class Lines {
  readonly #out = new Output()

  item(item: PreviewItem): Promise<void> {
    return this.#out.write(`${itemLine(item)}\n`)
  }

  async end({ outcome, kept, deleted, freedBytes }: Report): Promise<void> {
    await this.#out.write(`Kept: ${kept}. Deleted: ${deleted}, which would free ${freedBytes} bytes.\n`)
    if (outcome === 'fuse') await this.#out.write('That is more than the fuse allows: a run would delete nothing.\n')
    await this.#out.flush()
  }
}

export function itemLine({ repository, digest, tags, action, rule, because, bytes }: PreviewItem): string {
  const by = rule === null ? because : `${rule}: ${because}`
  return printable(`${action.padEnd(6)}  ${repository}@${digest}  ${tags.join(',') || '-'}  ${bytes}  ${by}`)
}

const CHUNK_CHARACTERS = 64 * 1024

/** Standard output, as fast as it is read. */
class Output {
  readonly #sink = Bun.stdout.writer()
  #waiting = 0

  async write(text: string): Promise<void> {
    this.#sink.write(text)
    this.#waiting += text.length
    if (this.#waiting >= CHUNK_CHARACTERS) await this.flush()
  }

  async flush(): Promise<void> {
    this.#waiting = 0
    await this.#sink.flush()
  }
}
