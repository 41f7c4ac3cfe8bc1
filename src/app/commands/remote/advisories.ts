import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { type Client, printable, RemoteFault, table } from '../../../entry/remote/index.ts'
import { packFolder } from '../../../stores/advisory-files/index.ts'
import { CommandError } from '../../command-error.ts'
import type { CommandContext } from '../context.ts'
import { type RemoteFlags, remote, type Shown } from './remote.ts'

/** What the world knows of vulnerable packages. */
export function addAdvisoryCommands(program: Command, context: CommandContext): void {
  const advisories = program
    .command('advisories')
    .description('what is known of vulnerable packages, and how old that is')
  const asking = remote(context)
  asking<[], UpdateFlags>(
    advisories
      .command('update')
      .description('ask the configured addresses now, or take in files; ends with 1 when a source could not be updated')
      .option(
        '--from <folder>',
        'a folder or a file: zips of OSV, JSON of Debian, Alpine, Wolfi, Red Hat, EPSS, KEV; or oci:REPOSITORY:TAG there',
      )
      .option('--source <name>', 'only this one of the configured addresses'),
    (client, _args, flags) => update(client, flags),
  )
  asking<[], StatusFlags>(
    advisories
      .command('status')
      .description('each source with its age')
      .option('--fail-if-stale', 'end with 1 when there is no source, or one of them is old'),
    async (client, _args, flags) => status(client, flags),
  )
  asking<[string], RemoteFlags>(
    advisories.command('show').argument('<id>', 'such as CVE-2021-44228 or GHSA-jfh8-c2jp-5v3q'),
    (client, [id]) => showAdvisory(client, id),
  )
}

interface UpdateFlags extends RemoteFlags {
  readonly from?: string
  readonly source?: string
}

interface StatusFlags extends RemoteFlags {
  readonly failIfStale?: boolean
}

interface Ended {
  readonly source: string
  readonly outcome: string
  readonly records?: number | undefined
  readonly changed?: number | undefined
  readonly problem?: string | undefined
}

async function update(client: Client, { from, source }: UpdateFlags): Promise<Shown> {
  if (from !== undefined && source !== undefined)
    throw new CommandError('--source: what is in files says of itself which source it is; leave one of the two away.')
  const lines =
    from === undefined
      ? client.lines('startAdvisoryUpdate', { body: source === undefined ? {} : { source } })
      : from.startsWith('oci:')
        ? client.lines('startAdvisoryUpdate', { body: { artifact: from.slice(4) } })
        : client.upload('uploadAdvisories', readFiles(await thatIsThere(from)))
  const ended: Ended[] = []
  let skipped: readonly string[] = []
  let matched: { readonly packages: number; readonly found: number; readonly ended: number } | undefined
  for await (const line of lines) {
    if ('error' in line) throw new RemoteFault(500, line.error)
    if ('source' in line) ended.push(line.source)
    else if ('skipped' in line) skipped = line.skipped
    else if ('matched' in line) matched = line.matched
  }
  if (!matched) throw new RemoteFault(502, 'The answer broke off: the server may have been stopped. Try again.')
  return {
    value: { sources: ended, skipped, matched },
    lines: [
      ...table(
        ['SOURCE', 'OUTCOME', 'RECORDS', 'CHANGED', 'PROBLEM'],
        ended.map(each => [each.source, each.outcome, each.records, each.changed, each.problem]),
      ),
      ...(skipped.length > 0 ? [printable(`Nothing about advisories was found in: ${skipped.join(', ')}`)] : []),
      `Packages matched again: ${matched.packages}. New findings: ${matched.found}. Ended: ${matched.ended}.`,
    ],
    code: ended.some(({ outcome }) => outcome === 'failed') ? 1 : 0,
  }
}

/** Before a server is asked to wait for it. @throws CommandError. */
async function thatIsThere(path: string): Promise<string> {
  await stat(path).catch(error => {
    throw new CommandError(`--from: ${error.message}.`)
  })
  return path
}

/** @throws CommandError when it cannot be read. */
async function* readFiles(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* packFolder(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new CommandError(`--from: ${error.message}.`)
    throw error
  }
}

async function status(client: Client, { failIfStale }: StatusFlags): Promise<Shown> {
  const { items } = await client.call('listAdvisorySources')
  const isOld = items.length === 0 || items.some(({ isStale }) => isStale)
  return {
    value: items,
    lines: table(
      ['SOURCE', 'RECORDS', 'AGE', 'STATE', 'FROM'],
      items.map(({ id, records, ageSeconds, isStale, isUnderWay, problem, origin }) => [
        id,
        records,
        ageSeconds === undefined ? undefined : ageText(ageSeconds),
        [isUnderWay ? 'being updated' : '', isStale ? 'OLD' : '', problem ?? ''].filter(Boolean).join('; ') || 'fresh',
        origin,
      ]),
    ),
    code: failIfStale && isOld ? 1 : 0,
  }
}

function ageText(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}

async function showAdvisory(client: Client, id: string): Promise<Shown> {
  const items = await client.all('searchAdvisories', { query: { id } }, 100)
  if (items.length === 0)
    throw new RemoteFault(404, `There is no advisory ${id} in what this registry knows: see berth advisories status.`)
  const lines = items.flatMap(each => [
    `${each.id} (${each.source})${each.withdrawn ? `, withdrawn ${each.withdrawn}` : ''}`,
    `  ${each.summary}`,
    ...(each.aliases.length > 0 ? [`  aliases: ${each.aliases.join(', ')}`] : []),
    ...(each.upstream.length > 0 ? [`  about: ${each.upstream.join(', ')}`] : []),
    `  severity: ${each.severity ?? '-'}, CVSS ${each.score ?? '-'}`,
    ...each.affected.map(({ ecosystem, name, status, ranges, versions }) =>
      status === 'not affected'
        ? `  ${ecosystem} ${name}: not affected`
        : `  ${ecosystem} ${name}: ${[...ranges.map(rangeText), ...(versions.length > 0 ? [`${versions.length} versions by name`] : [])].join('; ')}`,
    ),
    ...(each.url === undefined ? [] : [`  ${each.url}`]),
  ])
  return { value: items, lines: lines.map(line => printable(line)) }
}

function rangeText(events: readonly Readonly<Record<string, string | undefined>>[]): string {
  return events.flatMap(event => Object.entries(event).map(([kind, version]) => `${kind} ${version}`)).join(', ')
}
